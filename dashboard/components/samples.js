const SIZE = 64;

function cell() {
  const item = document.createElement("li");
  const [image, guess, label] = ["div", "b", "span"].map((tag) => document.createElement(tag));
  image.className = "image";
  item.append(image, guess, label);
  return item;
}

// Text goes in as text only: whatever a label holds, it cannot become markup.
export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul");
  const [height, width] = data.shape;
  while (list.children.length > data.cells.length) list.lastChild.remove();
  while (list.children.length < data.cells.length) list.append(cell());
  data.cells.forEach(({ label, prediction, confidence, right }, i) => {
    const item = list.children[i];
    const [image, guess, truth] = item.children;
    const sure = confidence === null ? "" : ` ${Math.round(confidence * 100)} %`;
    item.className = right ? "right" : "wrong";
    image.style.backgroundImage = `url(${data.sprite})`;
    image.style.backgroundSize = `${SIZE}px ${data.cells.length * SIZE * height / width}px`;
    image.style.backgroundPosition = `0 ${-i * SIZE * height / width}px`;
    guess.textContent = `${right ? "✓" : "✗"} ${prediction}`;
    truth.textContent = right ? sure : `${sure} · is ${label}`;
    image.setAttribute("role", "img");
    image.setAttribute("aria-label", `${label}, predicted ${prediction}${sure}, ${right ? "right" : "wrong"}`);
  });
}
