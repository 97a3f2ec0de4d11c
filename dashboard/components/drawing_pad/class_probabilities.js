function made(parent, tag, name = "") {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}

function fit(list, count, build) {
  while (list.children.length > count) list.lastChild.remove();
  while (list.children.length < count) build(list);
}

function row(list) {
  const item = made(list, "li");
  made(item, "b");
  made(made(item, "span", "track"), "i");
  made(item, "span", "share");
}

function strip(list) {
  const figure = made(list, "figure");
  made(figure, "img");
  made(figure, "figcaption");
}

// Text goes in as text only.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".answer");
  const [sentence, bars, layers] = root.children;
  if (sentence.textContent !== data.sentence) sentence.textContent = data.sentence;
  fit(bars, data.bars.length, row);
  bars.classList.toggle("long", data.bars.some(([name]) => name.length > 2));
  data.bars.forEach(([name, share], i) => {
    const item = bars.children[i];
    const [title, track, number] = item.children;
    title.textContent = name;
    track.firstChild.style.width = `${100 * share}%`;
    number.textContent = data.count === null ? "" : `${(100 * share).toFixed(1)} %`;
    item.className = data.first === i ? "first" : "";
  });
  fit(layers, data.layers.length, strip);
  data.layers.forEach(({ source, width, height, caption, alternative }, i) => {
    const [image, text] = layers.children[i].children;
    image.src = source;
    image.style.width = `${width}px`;
    image.style.aspectRatio = `${width} / ${height}`;
    image.alt = alternative;
    text.textContent = caption;
  });
  root.dataset.count = data.count ?? "";
}
