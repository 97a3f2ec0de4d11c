const passes = new WeakMap();
const REST_MS = 140; // the pointer rests: now it is worth asking for the whole picture
const POSITIVE = "#0877bd", NEGATIVE = "#f59322";

const make = (tag, name, parent, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
};

// ---- cells ---------------------------------------------------------------------------------------

function grid(f, parent, column, what) {
  const canvas = make("canvas", "", parent);
  const each = { canvas, column, what };
  const over = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * each.wide, y = ((event.clientY - box.top) / box.height) * each.high;
    const index = Math.floor(y / each.cell[1]) * each.across + Math.floor(x / each.cell[0]);
    return x >= 0 && x < each.across * each.cell[0] && index >= 0 && index < each.count ? index : null;
  };
  canvas.tabIndex = 0;
  canvas.onpointermove = (event) => { const i = over(event); if (i !== null) point(f, each, i); };
  canvas.onpointerleave = (event) => event.pointerType === "mouse" && point(f, null);
  canvas.onclick = (event) => { const i = over(event); if (i !== null) choose(f, each, i); };
  canvas.onfocus = () => canvas.matches(":focus-visible") && point(f, each, each.at ?? 0);
  canvas.onblur = () => point(f, null);
  canvas.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -each.across, ArrowDown: each.across }[event.key];
    if (by) point(f, each, Math.max(0, Math.min(each.count - 1, (each.at ?? 0) + by)));
    else if (event.key === "Enter" || event.key === " ") choose(f, each, each.at ?? 0);
    else return;
    event.preventDefault();
  };
  f.grids.push(each);
  return each;
}

function lay(each, count, wide, shape) {
  each.count = count;
  if (shape) {
    const side = Math.max(3, Math.floor(Math.min(224, wide) / shape[1]));
    Object.assign(each, { across: shape[1], cell: [side, side] });
  } else if (count <= 16) {
    const across = Math.min(count, Math.max(1, Math.floor(wide / 54)));
    Object.assign(each, { across, cell: [Math.min(84, Math.floor(wide / across)), 34] });
  } else {
    const side = count <= 160 ? 20 : 13;
    Object.assign(each, { across: Math.min(count, Math.floor(wide / side)), cell: [side, side] });
  }
  each.wide = each.across * each.cell[0];
  each.high = Math.ceil(count / each.across) * each.cell[1];
}

// values: one a cell, drawn on the scale −largest … largest, or gray from 0 to 1.
function fill(f, each, values, largest, gray, marks) {
  const { canvas, across, cell, wide, high } = each, dense = devicePixelRatio || 1;
  if (canvas.width !== wide * dense || canvas.height !== high * dense) {
    Object.assign(canvas, { width: wide * dense, height: high * dense });
    Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
  }
  const inverted = getComputedStyle(canvas).getPropertyValue("--image-filter").includes("invert");
  const pen = canvas.getContext("2d"), gap = cell[0] > 9 ? 1 : 0, written = cell[1] > 24 && cell[0] > 40;
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, wide, high);
  for (let i = 0; i < each.count; i++) {
    const x = (i % across) * cell[0], y = Math.floor(i / across) * cell[1];
    const share = Math.max(-1, Math.min(1, (values[i] || 0) / (largest || 1)));
    const level = 3 * Math.round(127 * (1 + share)), bright = Math.round(255 * Math.max(0, share));
    const shade = inverted ? 255 - bright : bright;
    pen.fillStyle = gray ? `rgb(${shade},${shade},${shade})` : `rgb(${f.colors[level]},${f.colors[level + 1]},${f.colors[level + 2]})`;
    pen.fillRect(x, y, cell[0] - gap, cell[1] - gap);
    if (written) {
      pen.fillStyle = share > 0.55 ? "#fff" : "#1a1c1f";
      pen.font = `12px ${f.font}`;
      pen.textAlign = "center";
      const label = each.what === "z" ? null : f.data.columns[each.column].names?.[i];
      pen.fillText(digits(values[i]), x + cell[0] / 2, y + (label ? 28 : 21), cell[0] - 4);
      pen.font = `10px ${f.font}`;
      if (label) pen.fillText(label, x + cell[0] / 2, y + 12, cell[0] - 4);
    }
  }
  for (const [i, color] of marks) {
    const x = (i % across) * cell[0], y = Math.floor(i / across) * cell[1];
    for (const [stroke, inset, width] of [["#fff", 0.5, 3], [color, 0.5, 1.8]]) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.strokeRect(x + inset, y + inset, cell[0] - gap - 1, cell[1] - gap - 1);
    }
  }
}

// ---- what is pointed at ----------------------------------------------------------------------------

function point(f, each, index) {
  const at = each ? { column: each.column, index } : f.chosen;
  if (each) each.at = index;
  if (f.at?.column === at?.column && f.at?.index === at?.index) return;
  f.at = at;
  paint(f);
  clearTimeout(f.rest);
  if (wants(f)) f.rest = setTimeout(() => f.send("pointed", { unit: `${at.column}:${at.index}`, of: f.data.of }), REST_MS);
}

function choose(f, each, index) {
  const same = f.chosen?.column === each.column && f.chosen?.index === index;
  f.chosen = same || each.column === 0 ? null : { column: each.column, index };
  f.at = { column: each.column, index };
  f.send("chosen", { unit: f.chosen ? `${each.column}:${index}` : "", of: f.data.of });
  paint(f);
}

// Whether all its contributions are to be drawn, and are not here yet.
function wants(f) {
  return f.at?.column === 1 && f.data.columns[0].shape && f.data.whole?.unit !== `1:${f.at.index}`;
}

// The inputs of the unit pointed at with the largest |x·w|: [index, x, w], the largest first.
function strongest(f) {
  if (!f.at || f.at.column === 0) return [];
  const layer = f.layers[f.at.column], x = f.layers[f.at.column - 1].a, found = [];
  for (let k = 0; k < layer.most; k++) {
    const place = k * layer.a.length + f.at.index;
    found.push([layer.rows[place], x[layer.rows[place]], layer.weights[place]]);
  }
  return found;
}

function paint(f) {
  const lit = strongest(f);
  for (const each of f.grids) {
    const { column, what } = each, layer = f.layers[column], { shape } = f.data.columns[column];
    const marks = f.at?.column === column ? [[f.at.index, "#d81b60"]] : [];
    if (f.at && column === f.at.column - 1 && what === "a") {
      for (const [i, x, w] of [...lit].reverse()) marks.push([i, x * w < 0 ? NEGATIVE : POSITIVE]);
    }
    if (what === "whole") {
      const here = f.at?.column === 1 && f.data.whole?.unit === `1:${f.at.index}`;
      const w = here ? f.whole : null;
      const products = Array.from({ length: each.count }, (_, i) => (w ? w[i] * layer.a[i] : 0));
      if (!w) for (const [i, x, weight] of f.at?.column === 1 ? lit : []) products[i] = x * weight;
      fill(f, each, products, Math.max(...products.map(Math.abs)), false, []);
      each.canvas.dataset.whole = here ? f.data.whole.unit : "";
      each.note.textContent = f.at?.column === 1
        ? `x·w of unit ${f.at.index + 1}: blue pixels push its sum up, orange ones down`
        : "Point at a unit of the first layer: here are its contributions x·w, pixel by pixel";
    } else if (shape) fill(f, each, f.raw, 1, true, marks);
    else fill(f, each, layer[what], what === "z" ? layer.largestZ : layer.largestA, false, marks);
  }
  panel(f, lit);
}

function panel(f, lit) {
  const { panel } = f;
  panel.replaceChildren();
  f.root.classList.toggle("idle", !f.at);
  if (!f.at) {
    make("h4", "", panel, "Point at a cell");
    make("p", "", panel, "Point at a unit, or tap it: here is how its number comes about, and the cells it comes from are framed above. A click keeps it and lists all its inputs below.");
    return;
  }
  const { column, index } = f.at, layer = f.layers[column];
  const title = column === 0 ? named(f.data.columns[0], index) : `${f.data.columns[column].title}: ${named(f.data.columns[column], index)}`;
  make("h4", "", panel, title[0].toUpperCase() + title.slice(1));
  if (column === 0) {
    make("p", "", panel, `As the data set has it: ${digits(f.given[index])}`);
    make("p", "", panel, `As the network takes it, scaled: x = ${digits(layer.a[index])}`);
    if (f.chosen?.column === 1 && f.whole && f.data.whole.unit === `1:${f.chosen.index}`) {
      make("p", "", panel, `For unit ${f.chosen.index + 1}: x·w = ${digits(layer.a[index])} · ${digits(f.whole[index])} = ${digits(layer.a[index] * f.whole[index])}`);
    }
    return;
  }
  const table = make("table", "", panel), head = make("tr", "", table);
  for (const text of ["input", "x", "w", "x·w"]) make("th", "", head, text);
  const line = (cells, name) => {
    const row = make("tr", name, table);
    cells.forEach((text, i) => make("td", i === 3 && !name ? (text.startsWith("−") ? "minus" : "plus") : "", row, text));
  };
  let listed = 0;
  for (const [i, x, w] of lit) {
    line([named(f.data.columns[column - 1], i), digits(x), digits(w), digits(x * w)]);
    listed += x * w;
  }
  const z = layer.z[index], bias = layer.bias[index], others = f.layers[column - 1].a.length - lit.length;
  if (others > 0) line([`${others} others`, "", "", digits(z - bias - listed)]);
  line(["bias b", "", "", digits(bias)]);
  line(["sum z", "", "", digits(z)], "sum");
  line([`a = ${f.data.columns[column].activation}(z)`, "", "", digits(layer.a[index])], "sum");
}

// ---- the whole -------------------------------------------------------------------------------------

function build(f) {
  f.flow.replaceChildren();
  f.grids = [];
  f.data.columns.forEach((column, i) => {
    const stage = make("section", "stage", f.flow), title = make("h4", "", stage, column.title);
    make("span", "", title, ` · ${column.note}`);
    if (column.shape) {
      const pictures = make("div", "pictures", stage);
      const [given, whole] = ["a", "whole"].map((what) => {
        const box = make("div", "", pictures), each = grid(f, box, 0, what);
        each.note = make("p", "", box);
        return each;
      });
      given.note.textContent = "The picture: 0 is the background, the largest value of a pixel the foreground";
      whole.canvas.tabIndex = -1;
      return;
    }
    for (const what of i === 0 ? ["a"] : ["z", "a"]) {
      const row = make("div", "row", stage);
      make("b", "", row, i === 0 ? "x" : what);
      grid(f, row, i, what).row = row;
    }
  });
}

function draw(f) {
  const { columns } = f.data;
  f.root.classList.toggle("narrow", f.root.clientWidth < 720);
  f.layers = columns.map((column) => ({
    a: floats(column.a), z: column.z && floats(column.z), bias: column.bias && floats(column.bias), most: column.most,
    rows: column.rows && whole(column.rows), weights: column.weights && floats(column.weights),
    largestA: column.largestA, largestZ: column.largestZ,
  }));
  f.given = floats(f.data.given);
  f.raw = f.given.map((value) => value / f.data.maximum);
  f.whole = f.data.whole ? floats(f.data.whole.weights) : null;
  const sizes = JSON.stringify([f.data.of, columns.map((column) => [column.a.length, column.title])]);
  if (sizes !== f.sizes) {
    Object.assign(f, { sizes, at: null, chosen: null });
    build(f);
  }
  const wide = f.flow.clientWidth - 44;
  for (const each of f.grids) {
    const { shape, title } = columns[each.column], count = f.layers[each.column].a.length;
    lay(each, count, Math.max(120, shape ? Math.min(wide, 224) : wide), shape);
    const what = each.what === "a" ? (each.column ? "outputs a" : "inputs x") : each.what === "z" ? "sums z" : "contributions";
    each.canvas.setAttribute("role", "img");
    each.canvas.setAttribute("aria-label", `${title}: ${count} ${what}. Arrow keys go from cell to cell.`);
  }
  f.caption.textContent = f.data.sentence;
  f.flow.setAttribute("aria-label", f.data.sentence);
  f.root.dataset.draws = 1 + Number(f.root.dataset.draws ?? 0);
  paint(f);
}

export default function ({ data, parentElement, setStateValue }) {
  let f = passes.get(parentElement);
  if (!f) {
    const root = parentElement.querySelector(".forward");
    const [flow, panel, caption] = [".flow", ".panel", "figcaption"].map((name) => root.querySelector(name));
    f = { root, flow, panel, caption, grids: [], at: null, chosen: null, width: 0 };
    f.watch = new ResizeObserver(() => {
      if (root.clientWidth && root.clientWidth !== f.width) {
        f.width = root.clientWidth;
        if (f.data) draw(f);
      }
    });
    f.watch.observe(root);
    passes.set(parentElement, f);
  }
  f.data = data;
  f.send = setStateValue;
  f.colors = bytes(data.colors);
  f.font = getComputedStyle(f.root).fontFamily;
  f.width = f.root.clientWidth;
  if (f.width) draw(f);
  return () => {
    if (parentElement.isConnected) return; // an update overtaken by the next one, see chart.js
    f.watch.disconnect();
    clearTimeout(f.rest);
    passes.delete(parentElement);
  };
}
