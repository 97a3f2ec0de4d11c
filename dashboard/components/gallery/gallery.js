function cell(choose) {
  const item = document.createElement("li");
  const [image, caption, note] = ["div", "b", "span"].map((tag) => document.createElement(tag));
  image.className = "image";
  image.setAttribute("role", "img");
  item.append(image, caption, note);
  item.onclick = () => item.tabIndex >= 0 && choose(item);
  item.onkeydown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    item.click();
  };
  return item;
}

// Text goes in as text only: whatever a label holds, it cannot become markup.
export default function ({ data, parentElement, setStateValue }) {
  const list = parentElement.querySelector("ul");
  const text = parentElement.querySelector("p");
  text.textContent = data.caption;
  text.hidden = !data.caption;
  const [height, width] = data.shape;
  const size = data.size, high = (size * height) / width;
  list.choose = (item) => setStateValue("chosen", { index: [...list.children].indexOf(item), of: list.dataset.of });
  list.dataset.of = data.of;
  while (list.children.length > data.tiles.length) list.lastChild.remove();
  while (list.children.length < data.tiles.length) list.append(cell((item) => list.choose(item)));
  list.style.setProperty("--tile", `${data.dense ? size + 8 : size < 64 ? size + 20 : Math.max(size + 10, 74)}px`);
  list.classList.toggle("small", size < 64 && !data.dense);
  list.classList.toggle("dense", data.dense);
  data.tiles.forEach(({ caption, note, mark, alternative, colored }, i) => {
    const item = list.children[i];
    const [image, title, small] = item.children;
    item.className = mark;
    item.classList.toggle("chosen", data.chosen === i);
    image.classList.toggle("colored", colored);
    image.style.width = `${size}px`;
    image.style.height = `${high}px`;
    image.style.backgroundImage = `url(${data.sprite})`;
    image.style.backgroundSize = `${size}px ${data.tiles.length * high}px`;
    image.style.backgroundPosition = `0 ${-i * high}px`;
    image.setAttribute("aria-label", alternative);
    title.textContent = caption;
    item.title = data.dense || size < 64 ? alternative : "";
    small.textContent = note;
    if (data.clickable) {
      item.tabIndex = 0;
      item.setAttribute("role", "button");
      item.setAttribute("aria-pressed", data.chosen === i);
    } else item.removeAttribute("tabindex");
  });
}
