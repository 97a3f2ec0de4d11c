const drawings = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";
const HEAD = 62, GAP = 6, LEAST_STEP = 58, PICTURE = 112, TWIN = 12;

const clamp = (low, x, high) => Math.max(low, Math.min(x, high));
const make = (tag, name, parent) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  parent?.append(element);
  return element;
};

// ---- numbers and names ----------------------------------------------------------------------------

// Label and value of all that is told of unit k of column i.
function told(d, i, k) {
  const { labels, units, most } = d.data.columns[i];
  const pairs = labels.map((label, row) => [label, digits(d.numbers[i][row * units.length + k])]);
  return most.length ? [...pairs, ["largest mean for", most[k]]] : pairs;
}

// Its strongest weights from the column before, or to the one after.
function joined(d, i, k, way) {
  const column = d.data.columns[i], found = column[way];
  if (!found) return [];
  const ids = whole(found.units), weights = floats(found.weights), most = ids.length / column.units.length;
  const other = way === "from" ? i - 1 : i + 1;
  return [...ids.subarray(k * most, (k + 1) * most)].map((id, n) =>
    [`weight ${way} ${named(d.data.columns[other], id)}`, digits(weights[k * most + n])]);
}

// ---- pixels: one byte each, colored by the levels' own colors, or gray ------------------------

function paint(canvas, pixels, [height, width], colors) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const level = pixels[i];
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = colors ? colors[3 * level + c] : 2 * (level - 127); // a pixel of 0 is black
    image.data[4 * i + 3] = 255;
  }
  canvas.style.filter = colors ? "" : "var(--image-filter, none)";
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function enlarge(canvas, small, points) {
  const wide = 352, high = Math.round(clamp(60, (wide * small.height) / small.width, wide));
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = points !== null;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, 0, 0, wide, high);
  for (const [x, y, blue] of points ?? []) {
    pen.beginPath();
    pen.arc(x * wide, (1 - y) * high, 5, 0, 7);
    pen.fillStyle = blue ? "#0877bd" : "#f59322";
    pen.strokeStyle = "#fff";
    pen.lineWidth = 1.5;
    pen.fill();
    pen.stroke();
  }
}

// ---- where everything stands --------------------------------------------------------------------

function layout(d) {
  const { columns } = d.data;
  const last = columns.length - 1;
  const small = d.width < 560;
  d.root.classList.toggle("small", small);
  d.root.classList.toggle("large", Boolean(d.data.large));
  d.upright = d.width < 480; // of a phone: layers from top to bottom
  d.root.classList.toggle("upright", d.upright);
  d.root.classList.toggle("compact", Boolean(d.data.high));
  if (d.upright) return upright(d);
  const left = columns[0].picture ? 0 : small ? 62 : 110;
  const right = small ? 62 : 110;
  const picture = columns[0].picture ? clamp(56, d.width * 0.16, PICTURE) : 0;
  const most = Math.max(...columns.map((c) => c.units.length));
  const least = columns[0].picture ? picture + 46 : 0;
  const step = Math.max((d.width - left - right - 52 - (least ? least / 2 : 0)) / Math.max(last, 1), LEAST_STEP);
  const twin = most > TWIN && step > 70; // two columns side by side, each half as tall
  const stacked = ({ length }) => (twin && length > TWIN ? Math.ceil(length / 2) + 0.5 : length);
  const tallest = Math.max(...columns.map((column) => stacked(column.units)));
  const high = d.data.high && Math.max(d.data.high, Math.round((d.data.share ?? 0) * window.innerHeight));
  const room = high ? high - HEAD : 490;
  const size = clamp(high ? 6 : 18, Math.min(step * (twin ? 0.28 : 0.5), room / tallest - GAP - 1), 46);
  const height = HEAD + (high ? room : Math.max(tallest * (size + GAP + 1), 190));
  const middle = HEAD + (height - HEAD) / 2;
  const centre = columns[0].picture ? picture / 2 + 2 : left + 26;
  d.places = columns.map((column, i) => {
    const x = i === 0 ? centre : centre + (columns[0].picture ? picture / 2 - 26 : 0) + step * i;
    const two = twin && column.units.length > TWIN, count = stacked(column.units);
    const between = size + GAP + (two ? 1 : 0);
    const top = middle - (between * count) / 2;
    const beside = (k) => (two ? ((k % 2) - 0.5) * (size + 10) : 0);
    return { x, size, picture, middle, head: [x, 0], at: (k) => x + beside(k), y: (k) => top + between * ((two ? k / 2 : k) + 0.5) };
  });
  sheet(d, d.places[last].x + 26 + right, height);
  d.side = small ? 60 : 108;
}

// Under a finger: units that can be hit, and below or above those with names, two lines of text.
const UNIT = 44, NAMED = 72, NAME = 30, HEADING = 46;

function upright(d) {
  const { columns } = d.data;
  const last = columns.length - 1;
  let y = 0;
  d.places = columns.map((column, i) => {
    const labeled = !column.picture && (i === 0 || i === last);
    const count = Math.max(column.units.length, 1), most = Math.floor(d.width / (labeled ? NAMED : UNIT + 1));
    const rows = column.picture ? 1 : Math.ceil(count / most), row = Math.ceil(count / rows);
    const between = Math.min(d.width / row, labeled ? 104 : 56), x = d.width / 2;
    const picture = column.picture ? 84 : 0, high = picture || UNIT + (labeled ? NAME : 4);
    const head = y + (i ? HEADING : 20) / 2, top = head + (i ? HEADING : 20) / 2;
    const first = top + (labeled && !i ? NAME : 0) + (picture || UNIT) / 2;
    y = top + rows * high + 12;
    return {
      x, size: UNIT, picture, middle: first, head: [0, head], side: between - 4,
      at: (k) => x + between * ((k % row) - (row - 1) / 2), y: (k) => first + Math.floor(k / row) * high,
    };
  });
  sheet(d, d.width, y);
}

function sheet(d, total, height) {
  d.drawing.style.width = total > d.width + 1 ? `${total}px` : "100%";
  d.drawing.style.height = `${height}px`;
  d.svg.setAttribute("width", total);
  d.svg.setAttribute("height", height);
}

function end(d, i, id, out) {
  const place = d.places[i];
  if (d.data.columns[i].picture) {
    const [height, width] = d.data.columns[i].shape;
    const [row, column] = [Math.floor(id / width), id % width];
    const scale = place.picture / width;
    return [place.x - place.picture / 2 + (column + 0.5) * scale, place.middle - (height * scale) / 2 + (row + 0.5) * scale];
  }
  const k = d.index[i].get(id), edge = (out ? 1 : -1) * (place.size / 2);
  return d.upright ? [place.at(k), place.y(k) + edge] : [place.at(k) + edge, place.y(k)];
}

// ---- columns, units, edges: kept by name, changed in place ---------------------------------------

function heads(d) {
  const { columns } = d.data;
  while (d.heads.children.length > columns.length) d.heads.lastChild.remove();
  columns.forEach((column, i) => {
    const head = d.heads.children[i] ?? make("div", "head", d.heads);
    while (head.children.length < 3) make(head.children.length ? "span" : "b", "", head);
    [column.name, column.note, column.activation].forEach((text, k) => {
      const line = head.children[k];
      if (line.dataset.text !== text) line.textContent = line.dataset.text = text; // its buttons stay otherwise
    });
    const [x, y] = d.places[i].head;
    head.style.left = `${i === 0 && column.picture && !d.upright ? Math.max(x, 34) : x}px`;
    head.style.top = `${y}px`;
    resizers(d, head.children[1], i, d.data.resizable && i > 0 && i < columns.length - 1);
  });
}

// Fewer or more units, by the − and + beside their number.
function resizers(d, note, layer, shown) {
  const present = note.querySelector("button");
  if (!shown) return note.querySelectorAll("button").forEach((button) => button.remove());
  if (present) return;
  for (const [text, by] of [["−", -1], ["+", 1]]) {
    const button = make("button", "resize");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-label", `${by < 0 ? "Fewer" : "More"} units in hidden layer ${layer}`);
    button.title = button.getAttribute("aria-label");
    button.tabIndex = -1; // with the keyboard, the text of all layers is shorter
    button.onclick = () => d.trigger("resized", { layer, by });
    by < 0 ? note.prepend(button) : note.append(button);
  }
}

function unit(d, key) {
  const button = make("button", "unit", d.units);
  button.type = "button";
  make("canvas", "", button);
  make("i", "bias", button);
  make("span", "label", button);
  button.onpointerenter = () => focus(d, "unit", key);
  button.onpointerleave = (event) => event.pointerType === "mouse" && leave(d, key);
  button.onfocus = () => focus(d, "unit", key);
  button.onblur = () => leave(d, key);
  button.onclick = () => {
    d.pinned = d.pinned === key ? "" : key;
    d.send("pinned", { unit: d.pinned, of: d.data.of });
    refresh(d);
  };
  button.onkeydown = (event) => move(d, key, event);
  return button;
}

function units(d) {
  const old = new Map(d.boxes);
  d.data.columns.forEach((column, i) => {
    const pixels = bytes(column.pixels), area = column.shape[0] * column.shape[1];
    const biases = column.from ? d.numbers[i].subarray(0, column.units.length) : []; // the first number of each unit
    const largest = Math.max(...biases.map(Math.abs)) || 1;
    (column.picture ? ["picture"] : column.units).forEach((id, k) => {
      const key = `${i}:${id}`, place = d.places[i];
      let box = d.boxes.get(key);
      if (!box) d.boxes.set(key, (box = column.picture ? make("div", "unit picture", d.units) : unit(d, key)));
      old.delete(key);
      const canvas = box.querySelector("canvas") ?? make("canvas", "", box);
      paint(canvas, pixels.subarray(k * area, (k + 1) * area), column.shape, column.picture ? null : d.colors);
      const size = column.picture ? place.picture : place.size;
      const high = column.picture ? (size * column.shape[0]) / column.shape[1] : size;
      const [x, y] = column.picture ? [place.x, place.middle] : [place.at(k), place.y(k)];
      Object.assign(box.style, { width: `${size}px`, height: `${high}px`, transform: `translate(${x - size / 2}px, ${y - high / 2}px)` });
      if (column.picture) {
        box.setAttribute("role", "img");
        box.setAttribute("aria-label", column.what);
        return;
      }
      box.classList.toggle("smooth", d.data.smooth);
      const first = i === 0, last = i === d.data.columns.length - 1;
      box.classList.toggle("first", first);
      box.classList.toggle("last", last);
      const label = box.querySelector(".label");
      label.textContent = first || last ? named(d.data.columns[i], id) : "";
      label.style.maxWidth = `${place.side ?? d.side}px`;
      label.classList.toggle("two", place.size >= 26); // lines, where the next unit leaves room
      const bias = box.querySelector(".bias");
      bias.style.display = column.from ? "block" : "none";
      const level = Math.round(127 * (1 + clamp(-1, biases[k] / largest || 0, 1)));
      bias.style.background = `rgb(${d.colors.slice(3 * level, 3 * level + 3)})`;
      box.setAttribute("aria-label", `${column.titles[k]}: ${told(d, i, k).map((pair) => pair.join(" ")).join(", ")}`);
    });
  });
  for (const [key, box] of old) {
    if (d.focus?.key === key) d.focus = null;
    box.remove();
    d.boxes.delete(key);
  }
}

function edges(d) {
  const old = new Map(d.paths);
  d.data.edges.forEach((layer, i) => {
    const weights = floats(layer.weights), largest = Math.abs(weights[0]) || 1; // the strongest comes first
    layer.from.forEach((from, n) => {
      const to = layer.to[n], weight = weights[n];
      const key = `${i}>${from}>${to}`;
      let pair = d.paths.get(key);
      if (!pair) {
        pair = ["edge", "hit"].map((name) => {
          const path = document.createElementNS(SVG, "path");
          path.setAttribute("class", name);
          return path;
        });
        pair[1].onpointerenter = () => focus(d, "edge", key);
        pair[1].onpointerleave = (event) => event.pointerType === "mouse" && leave(d, key);
        pair[1].onclick = (event) => { focus(d, "edge", key); event.stopPropagation(); };
        d.lines.append(pair[0]);
        d.hits.append(pair[1]);
        d.paths.set(key, pair);
      }
      old.delete(key);
      const [x, y] = end(d, i, from, true), [u, v] = end(d, i + 1, to, false);
      const [bend, sink] = d.upright ? [0, (v - y) * 0.45] : [(u - x) * 0.45, 0], share = Math.abs(weight) / largest;
      const line = `M${x.toFixed(1)} ${y.toFixed(1)}C${(x + bend).toFixed(1)} ${(y + sink).toFixed(1)} ${(u - bend).toFixed(1)} ${(v - sink).toFixed(1)} ${u.toFixed(1)} ${v.toFixed(1)}`;
      for (const path of pair) path.setAttribute("d", line);
      pair[0].setAttribute("stroke-width", (0.4 + 4.6 * share).toFixed(2));
      pair[0].style.opacity = (0.12 + 0.78 * share).toFixed(2);
      pair[0].classList.toggle("minus", weight < 0);
    });
  });
  for (const [key, pair] of old) {
    if (d.focus?.key === key) d.focus = null;
    for (const path of pair) path.remove();
    d.paths.delete(key);
  }
}

// ---- what is pointed at --------------------------------------------------------------------------

function focus(d, kind, key) {
  d.focus = { kind, key };
  refresh(d);
}

function leave(d, key) {
  if (d.focus?.key === key) d.focus = d.pinned && d.boxes.has(d.pinned) ? { kind: "unit", key: d.pinned } : null;
  refresh(d);
}

function refresh(d) {
  const { focus } = d;
  const near = new Set();
  for (const [key, [path]] of d.paths) {
    const [i, from, to] = key.split(">");
    const ends = [`${i}:${from}`, `${Number(i) + 1}:${to}`];
    const lit = focus !== null && (focus.key === key || ends.includes(focus.key));
    path.classList.toggle("lit", lit);
    if (lit) ends.forEach((each) => near.add(each));
  }
  for (const [key, box] of d.boxes) {
    box.classList.toggle("lit", focus?.key === key);
    box.classList.toggle("near", near.has(key));
    box.classList.toggle("pinned", d.pinned === key);
    if (box.tagName === "BUTTON") {
      box.setAttribute("aria-pressed", d.pinned === key);
      box.tabIndex = key === d.current || (!d.boxes.has(d.current) && box === d.units.querySelector("button")) ? 0 : -1;
    }
  }
  d.drawing.classList.toggle("focused", focus !== null);
  d.card.hidden = focus === null;
  if (focus?.kind === "unit") unitCard(d, focus.key);
  if (focus?.kind === "edge") edgeCard(d, focus.key);
}

function rows(d, title, pairs, note) {
  const { card } = d;
  const keep = card.querySelector("canvas");
  card.replaceChildren();
  make("h4", "", card).textContent = title;
  if (note) make("p", "", card).textContent = note;
  if (keep) card.append(keep);
  if (keep && d.data.place) make("p", "", card).textContent = d.data.place;
  for (const [name, value] of pairs) {
    const row = make("div", "", card);
    make("span", "", row).textContent = name;
    make("span", "", row).textContent = value;
  }
}

function unitCard(d, key) {
  const [i, id] = key.split(":").map(Number);
  const column = d.data.columns[i], k = d.index[i].get(id), place = d.places[i];
  if (!d.card.querySelector("canvas")) make("canvas", "", d.card);
  rows(d, column.titles[k], [...told(d, i, k), ...joined(d, i, k, "from"), ...joined(d, i, k, "to")], column.what);
  const canvas = d.card.querySelector("canvas"), box = d.boxes.get(key);
  canvas.classList.toggle("smooth", d.data.smooth);
  enlarge(canvas, box.querySelector("canvas"), d.data.smooth ? d.data.points : null);
  put(d, place.at(k), place.y(k), place.size);
}

function edgeCard(d, key) {
  const [i, from, to] = key.split(">").map(Number);
  const edge = d.data.edges[i], n = edge.from.findIndex((id, n) => id === from && edge.to[n] === to);
  const title = (j, id) => {
    const column = d.data.columns[j];
    return column.picture ? named(d.data.columns[j], id) : column.titles[d.index[j].get(id)];
  };
  d.card.querySelector("canvas")?.remove();
  rows(d, `Weight ${digits(floats(edge.weights)[n])}`, [["adds for this example", digits(floats(edge.products)[n])]],
    `from ${title(i, from)} to ${title(i + 1, to)}`);
  const [x, y] = end(d, i, from, true), [u, v] = end(d, i + 1, to, false);
  put(d, (x + u) / 2, (y + v) / 2, 16);
}

// Beside what it tells of, and never outside of what can be seen.
function put(d, x, y, size) {
  const { scroller, drawing, card } = d;
  const high = scroller.clientWidth;
  x -= scroller.scrollLeft;
  const width = card.offsetWidth, height = card.offsetHeight;
  let left = x + size / 2 + 12;
  if (left + width > high) left = x - size / 2 - 12 - width;
  const beside = left >= 0;
  if (!beside) left = clamp(0, x - width / 2, high - width);
  const below = y + size / 2 + 10, above = y - size / 2 - 10 - height, room = drawing.offsetHeight - height;
  const top = beside ? clamp(0, y - height / 2, Math.max(0, room)) : below <= room || above < 0 ? below : above;
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function move(d, key, event) {
  if (event.key === "Escape") {
    d.pinned = "";
    d.focus = null;
    d.send("pinned", { unit: "", of: d.data.of });
    return refresh(d);
  }
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const [i, id] = key.split(":").map(Number);
  const columns = d.data.columns;
  let j = clamp(0, i + step[0], columns.length - 1);
  if (columns[j].picture) j = i;
  const row = d.index[i].get(id), count = columns[j].units.length;
  const next = j === i ? row + step[1] : Math.round(((row + 0.5) / columns[i].units.length) * count - 0.5);
  d.current = `${j}:${columns[j].units[clamp(0, next, count - 1)]}`;
  d.boxes.get(d.current).focus();
}

// ---- the whole -----------------------------------------------------------------------------------

function draw(d) {
  d.index = d.data.columns.map((column) => (column.picture ? null : new Map(column.units.map((id, k) => [id, k]))));
  d.numbers = d.data.columns.map((column) => floats(column.numbers)); // rows of one number of all units
  layout(d);
  heads(d);
  units(d);
  edges(d);
  d.caption.textContent = d.data.sentence;
  d.drawing.setAttribute("aria-label", `Network diagram. ${d.data.sentence} Arrow keys go from unit to unit.`);
  d.root.dataset.draws = 1 + Number(d.root.dataset.draws ?? 0);
  refresh(d);
}

function build(parentElement) {
  const root = parentElement.querySelector(".diagram");
  const [scroller, drawing, svg, heads, units, card, caption] =
    [".scroller", ".drawing", ".drawing > svg", ".heads", ".units", ".card", "figcaption"].map((name) => root.querySelector(name));
  const d = { root, scroller, drawing, svg, heads, units, card, caption, boxes: new Map(), paths: new Map(), focus: null, pinned: "", current: "", width: 0 };
  d.lines = document.createElementNS(SVG, "g");
  d.hits = document.createElementNS(SVG, "g");
  svg.append(d.lines, d.hits);
  d.watch = new ResizeObserver(() => {
    const width = scroller.clientWidth;
    if (width && width !== d.width) {
      d.width = width;
      if (d.data) draw(d);
    }
  });
  d.watch.observe(scroller);
  d.resized = () => d.data?.share && d.width && draw(d);
  window.addEventListener("resize", d.resized);
  drawing.onclick = (event) => event.target === drawing && ((d.focus = null), refresh(d));
  return d;
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let d = drawings.get(parentElement);
  if (!d) drawings.set(parentElement, (d = build(parentElement)));
  if (d.data && d.data.of !== data.of) Object.assign(d, { focus: null, pinned: "" });
  d.data = data;
  d.send = setStateValue;
  d.trigger = setTriggerValue;
  d.colors = bytes(data.colors);
  d.width = d.scroller.clientWidth || d.width;
  if (d.width) draw(d);
  return () => {
    if (parentElement.isConnected) return; // an update overtaken by the next one, see chart.js
    d.watch.disconnect();
    window.removeEventListener("resize", d.resized);
    drawings.delete(parentElement);
  };
}
