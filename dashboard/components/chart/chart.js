const charts = new WeakMap();
let library;

// What is quicker to draw, and the buttons, come before the megabytes of Plotly.
const idle = () => new Promise((go) => (window.requestIdleCallback ?? setTimeout)(go, { timeout: 500 }));

// Plotly comes from this server, once a page.
function load(path) {
  library ??= idle().then(() => new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = served(path);
    script.onload = () => done(window.Plotly);
    script.onerror = fail;
    document.head.append(script);
  }));
  return library;
}

function themed(figure, element, large) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(name).trim();
  const { layout } = figure;
  const line = value("--st-border-color");
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  for (const name of axes) {
    layout[name] = { gridcolor: value("--st-border-color-light"), linecolor: line, tickcolor: line, ...layout[name] };
    if (layout[name].type === "log") layout[name].tickformat ??= "~g"; // else exponents and digits between them are small
  }
  for (const note of layout.annotations ?? []) {
    if (note.name === "opaque") note.bgcolor = value("--st-background-color");
  }
  const font = { family: value("--st-font"), color: value("--st-text-color"), size: 12 };
  const hoverlabel = { bgcolor: value("--st-secondary-background-color"), font, bordercolor: line };
  const clear = "rgba(0,0,0,0)";
  Object.assign(layout, { font, hoverlabel, paper_bgcolor: clear, plot_bgcolor: clear, autosize: true });
  layout.modebar = { bgcolor: clear, color: line, activecolor: font.color };
  return roomy(figure, element.clientWidth, large ? 1.5 : 1);
}

// On a narrow screen the legend takes several rows: the chart grows by them, below its title.
function roomy(figure, width, type) {
  const { data, layout } = figure;
  const names = data.filter((trace) => trace.name && trace.showlegend !== false).map((trace) => trace.name);
  const widest = Math.max(0, ...names.map((name) => (name.length * 6.5 + 40) * type + 20));
  const total = names.reduce((sum, name) => sum + (name.length * 6.5 + 44) * type, 0);
  const room = width - 60 - (layout.margin.r ?? 0); // beside the numbers and the title of the y-axis
  const fits = total < room; // in one row each is as wide as it needs
  const rows = fits ? 1 : Math.ceil(names.length / Math.max(1, Math.floor(room / widest)));
  if (rows > 1 && layout.showlegend !== false && layout.legend?.orientation === "h" && layout.legend.y >= 1) {
    const more = 19 * type * (layout.margin.t > 30 ? rows - 1 : rows); // without a margin for it: below the title
    layout.margin.t += more;
    layout.title.y = 1 - (1 - layout.title.y) * (layout.height / (layout.height + more)); // stays at the top
    layout.height += more;
  }
  return figure;
}

// Of the workbench: as high as the window allows; on a projector larger type and thicker lines.
function sized({ data, layout }, { share, large }) {
  if (share) layout.height = Math.round(Math.max(layout.height, share * window.innerHeight));
  if (share && window.innerWidth <= 640) layout.dragmode = false; // a finger turns to the next picture
  if (!large) return;
  layout.font.size = 18;
  layout.title.font.size = 20;
  if (layout.margin.r > 40) layout.margin.r = 96;
  layout.margin.t += 14;
  for (const note of layout.annotations ?? []) note.font.size = 18;
  for (const trace of data) {
    if (trace.line?.width) trace.line.width *= 2.5;
    if (typeof trace.marker?.size === "number") trace.marker.size *= 1.6;
  }
}

// The last value of each curve beside its end; none covers another one.
function ends(chart) {
  const { plot } = chart;
  const { yaxis, xaxis } = plot._fullLayout;
  const high = chart.large ? 22 : 15;
  const last = (values) => Array.from(values).findLast(Number.isFinite);
  const found = plot._fullData
    .filter((trace) => trace.visible === true && trace.meta?.end && trace.y?.length)
    .map((trace) => ({ text: trace.meta.end, color: trace.line.color, y: yaxis.d2p(last(trace.y)) }))
    .filter(({ y }) => y >= -1 && y <= yaxis._length + 1)
    .sort((a, b) => a.y - b.y);
  found.forEach((label, i) => { label.y = Math.max(label.y, i ? found[i - 1].y + high : 0); });
  for (let i = found.length - 1, most = yaxis._length; i >= 0; i--, most -= high) {
    found[i].y = Math.min(found[i].y, most);
  }
  while (chart.ends.children.length > found.length) chart.ends.lastChild.remove();
  while (chart.ends.children.length < found.length) chart.ends.append(document.createElement("b"));
  found.forEach(({ text, color, y }, i) => {
    const label = chart.ends.children[i];
    label.textContent = text;
    label.style.color = `color-mix(in srgb, ${color} 60%, var(--st-text-color))`; // legible as text
    label.style.left = `${xaxis._offset + xaxis._length + 5}px`;
    label.style.top = `${yaxis._offset + y - high / 2}px`;
  });
}

const options = {
  responsive: true, displaylogo: false,
  modeBarButtonsToRemove: ["lasso2d", "select2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
};

// The card of one point: its picture and its text, which goes in as text only.
function show(chart, curve, index) {
  const { plot, card, images } = chart;
  const trace = plot._fullData[curve];
  const { xaxis, yaxis } = plot._fullLayout;
  const picture = trace.customdata?.[index];
  card.at = [curve, index];
  card.children[0].hidden = !images;
  if (images) {
    const [height, width] = images.shape, scale = 84 / width, high = height * scale;
    Object.assign(card.children[0].style, {
      height: high + "px", backgroundImage: `url(${images.address})`, backgroundSize: `${84 * images.columns}px auto`,
      backgroundPosition: `${-(picture % images.columns) * 84}px ${-Math.floor(picture / images.columns) * high}px`,
    });
  }
  card.children[1].textContent = trace.text[index];
  card.hidden = false;
  const x = xaxis._offset + xaxis.l2p(trace.x[index]), y = yaxis._offset + yaxis.l2p(trace.y[index]);
  const left = x + 14 + card.offsetWidth > plot.offsetWidth ? x - 14 - card.offsetWidth : x + 14;
  card.style.left = Math.max(0, left) + "px";
  card.style.top = Math.max(0, Math.min(y - card.offsetHeight / 2, plot.offsetHeight - card.offsetHeight)) + "px";
}

function step(chart, by) {
  const visible = chart.plot._fullData.map((trace, curve) => [trace, curve]).filter(([trace]) => trace.visible === true);
  const all = visible.flatMap(([trace, curve]) => trace.text.map((_, index) => [curve, index]));
  const [curve, index] = chart.card.at ?? [];
  const now = all.findIndex((at) => at[0] === curve && at[1] === index);
  if (all.length) show(chart, ...all[(Math.max(now, by > 0 ? -1 : 0) + by + all.length) % all.length]);
}

function listen(chart) {
  const { plot, card } = chart;
  let pinned = false;
  const point = ({ points: [{ curveNumber, pointNumber }] }) => show(chart, curveNumber, pointNumber);
  plot.on("plotly_hover", (event) => { pinned = false; point(event); });
  plot.on("plotly_unhover", () => { card.hidden ||= !pinned; });
  chart.pin = ({ curve, point }) => { pinned = true; show(chart, curve, point); };
  plot.on("plotly_relayouting", () => { card.hidden = true; });
  plot.tabIndex = 0;
  plot.onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) { event.preventDefault(); step(chart, by); }
    if (event.key === "Escape") card.hidden = true;
  };
}

// What lies at a place of the plot (pixels): a cell, or the nearest point within Plotly's reach.
function under({ plot }, x, y) {
  const { xaxis, yaxis, hovermode, hoverdistance } = plot._fullLayout;
  const nearest = (values, axis, at) => {
    const place = (value, i) => (axis.type === "category" ? axis.l2p(i) : axis.d2p(value));
    const far = Array.from(values, (value, i) => Math.abs(place(value, i) - at));
    return far.indexOf(Math.min(...far));
  };
  let found, reach = hoverdistance < 0 ? Infinity : hoverdistance;
  plot._fullData.forEach((trace, curve) => {
    if (trace.visible !== true || trace.hoverinfo === "skip") return;
    if (trace.type === "heatmap") {
      const row = nearest(trace.y, yaxis, y), column = nearest(trace.x, xaxis, x);
      found = { curve, point: [row, column], x: trace.x[column], y: trace.y[row] };
    } else Array.from(trace.x, (value, point) => {
      const far = Math.hypot(xaxis.d2p(value) - x, hovermode === "x" ? 0 : yaxis.d2p(trace.y[point]) - y);
      if (far < reach) [found, reach] = [{ curve, point, x: value, y: trace.y[point] }, far];
    });
  });
  return found;
}

function clicked(chart, event) {
  const { xaxis, yaxis } = chart.plot._fullLayout;
  const { left, top } = chart.plot.getBoundingClientRect();
  const x = event.clientX - left - xaxis._offset, y = event.clientY - top - yaxis._offset;
  if (chart.epochs) window.dispatchEvent(new CustomEvent("playground-epoch", { detail: xaxis.p2d(x) })); // to the epoch slider
  if (chart.handle) follow(chart, event);
  const found = (chart.clickable || chart.cards) && under(chart, x, y);
  if (found && chart.cards) chart.pin?.(found);
  if (found && chart.clickable) chart.report(found);
}

// A press and release at one place: of a click during which it draws, Plotly tells nothing.
const STILL = 5; // pixels
function press(chart, down) {
  if (down.button || !down.target.closest(".draglayer")) return;
  const ended = new AbortController();
  const end = (up) => {
    ended.abort();
    const far = Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY);
    if (up.type === "pointerup" && far < STILL) clicked(chart, up);
  };
  for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, end, { capture: true, signal: ended.signal });
}

// Never more often than a third of the time: a slow machine gets fewer frames, not a frozen page.
async function draw(chart) {
  if (chart.waiting) return;
  chart.waiting = true;
  await new Promise((go) => setTimeout(go, chart.next - performance.now()));
  chart.waiting = false;
  if (!chart.alive) return;
  const Plotly = await load(chart.plotly);
  if (!chart.alive) return;
  const start = performance.now();
  chart.width = chart.plot.clientWidth;
  const { data, layout } = themed(JSON.parse(chart.figure), chart.plot, chart.large);
  sized({ data, layout }, chart);
  chart.plot.style.minHeight = layout.height + "px"; // with the rows of its legend, also after a resize
  chart.plot.setAttribute("aria-label", layout.title.text + ". " + chart.sentence);
  chart.caption.textContent = chart.sentence;
  chart.plot.parentElement.classList.toggle("small", Boolean(chart.small));
  chart.plot.parentElement.classList.toggle("large", Boolean(chart.large));
  chart.plot.parentElement.title = chart.small ? `${chart.sentence}\n${chart.about}` : "";
  chart.explanation.textContent = chart.about;
  const bare = chart.small || window.innerWidth <= 640; // a finger has no hover: the buttons would cover the title
  await Plotly.react(chart.plot, data, layout, { ...options, displayModeBar: bare ? false : "hover" });
  if (chart.epochs && !chart.ends) {
    chart.ends = chart.plot.parentElement.appendChild(document.createElement("div"));
    chart.ends.className = "ends";
    chart.plot.on("plotly_afterplot", () => ends(chart));
  }
  if (chart.epochs) ends(chart);
  if (chart.handle) hold(chart); // in handle.js, which only charts with a handle carry
  if (chart.cards && !chart.card) {
    chart.card = document.createElement("div");
    chart.card.append(document.createElement("div"), document.createElement("span"));
    chart.card.className = "card";
    chart.card.hidden = true;
    chart.card.setAttribute("aria-live", "polite");
    chart.plot.parentElement.append(chart.card);
    listen(chart);
  } else if (chart.cards && !chart.card.hidden) {
    const [curve, index] = chart.card.at;
    if (index < (chart.plot._fullData[curve]?.x?.length ?? 0)) show(chart, curve, index);
    else chart.card.hidden = true;
  }
  chart.plot.dataset.draws = 1 + Number(chart.plot.dataset.draws ?? 0);
  const end = performance.now();
  chart.plot.dataset.milliseconds = Math.round(end - start);
  chart.next = end + 2 * (end - start);
}

export default function ({ data, parentElement, setStateValue }) {
  let chart = charts.get(parentElement);
  if (!chart) {
    const root = document.createElement("figure");
    const plot = document.createElement("div");
    const caption = document.createElement("figcaption");
    const about = document.createElement("details");
    about.append(document.createElement("summary"), document.createElement("p"));
    about.children[0].textContent = "What is this, what can I try?";
    root.className = "live-chart";
    plot.setAttribute("role", "img");
    plot.style.minHeight = JSON.parse(data.figure).layout.height + "px";
    root.append(plot, caption, about);
    parentElement.append(root);
    chart = { plot, caption, explanation: about.children[1], next: 0, alive: true };
    chart.resized = () => (chart.share || chart.plot.clientWidth !== chart.width) && draw(chart);
    window.addEventListener("resize", chart.resized);
    plot.addEventListener("pointerdown", (event) => press(chart, event), true);
    charts.set(parentElement, chart);
  }
  Object.assign(chart, data);
  chart.report = (found) => setStateValue("clicked", { ...found, of: chart.of });
  chart.moved = (point) => setStateValue("moved", point);
  draw(chart);
  return () => {
    // Streamlit also calls this for an update that the next one overtook: nothing has gone then.
    if (parentElement.isConnected) return;
    chart.alive = false;
    window.removeEventListener("resize", chart.resized);
    charts.delete(parentElement);
    window.Plotly?.purge(chart.plot);
    chart.plot.parentElement.remove();
  };
}
