const LARGEST = 92; // pixels on the screen

function card(list) {
  const item = document.createElement("li");
  const tags = ["label", "div", "p", "p"].map((tag) => item.appendChild(document.createElement(tag)));
  tags[0].append(document.createElement("input"), document.createElement("span"));
  tags[0].firstChild.type = "checkbox";
  tags[1].className = "picture";
  tags[1].append(document.createElement("img"));
  tags[3].className = "variant";
  list.append(item);
}

// Text goes in as text only.
export default function ({ data, parentElement, setStateValue }) {
  const list = parentElement.querySelector("ol");
  while (list.children.length > data.cards.length) list.lastChild.remove();
  while (list.children.length < data.cards.length) card(list);
  data.cards.forEach((step, i) => {
    const item = list.children[i];
    const [label, picture, text, variant] = item.children;
    const [box, title] = label.children;
    box.hidden = step.on === null;
    box.checked = Boolean(step.on);
    box.disabled = data.locked;
    box.onchange = () => {
      const all = [...list.children].map((other, j) => other.querySelector("input").checked && data.cards[j].name);
      setStateValue("on", all.filter((name, j) => name && data.cards[j].on !== null));
    };
    title.textContent = step.title;
    const image = picture.firstChild;
    const size = LARGEST / Math.max(step.width, step.height);
    image.src = step.source;
    image.style.width = `${step.width * size}px`;
    image.style.height = `${step.height * size}px`;
    image.alt = step.alternative;
    text.textContent = step.text;
    variant.textContent = step.variant;
    variant.hidden = !step.variant;
    item.className = step.differs ? "differs" : "";
  });
  parentElement.querySelector(".note").textContent = data.note;
}
