// Text goes in as text only.
export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("dl");
  while (list.children.length > data.tiles.length) list.lastChild.remove();
  while (list.children.length < data.tiles.length) {
    const item = document.createElement("div");
    const [name, value, help] = ["dt", "dd", "span"].map((tag) => document.createElement(tag));
    help.textContent = "?";
    help.tabIndex = 0;
    name.append(document.createElement("b"), help);
    name.firstChild.style.fontWeight = "inherit";
    item.append(name, value);
    list.append(item);
  }
  data.tiles.forEach(({ label, value, help }, i) => {
    const [name, number] = list.children[i].children;
    name.firstChild.textContent = label;
    name.lastChild.hidden = !help;
    name.lastChild.title = help;
    name.lastChild.setAttribute("aria-label", help);
    number.textContent = value;
  });
}
