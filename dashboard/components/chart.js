const charts = new WeakMap();
let library;

// Plotly comes from this server, once a page.
function load() {
  library ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = "PLOTLY_ADDRESS";
    script.onload = () => done(window.Plotly);
    script.onerror = fail;
    document.head.append(script);
  });
  return library;
}

function themed(figure, element) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(name).trim();
  const { layout } = figure;
  const line = value("--st-border-color");
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  for (const name of axes) {
    layout[name] = { gridcolor: value("--st-border-color-light"), linecolor: line, tickcolor: line, ...layout[name] };
  }
  const font = { family: value("--st-font"), color: value("--st-text-color"), size: 12 };
  const hoverlabel = { bgcolor: value("--st-secondary-background-color"), font, bordercolor: line };
  const clear = "rgba(0,0,0,0)";
  Object.assign(layout, { font, hoverlabel, paper_bgcolor: clear, plot_bgcolor: clear, autosize: true });
  layout.modebar = { bgcolor: clear, color: line, activecolor: font.color };
  return figure;
}

const options = {
  responsive: true, displaylogo: false,
  modeBarButtonsToRemove: ["lasso2d", "select2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
};

// Never more often than a third of the time: a slow machine gets fewer frames, not a frozen page.
async function draw(chart) {
  if (chart.waiting) return;
  chart.waiting = true;
  await new Promise((go) => setTimeout(go, chart.next - performance.now()));
  chart.waiting = false;
  if (!chart.alive) return;
  const Plotly = await load();
  const start = performance.now();
  const { data, layout } = themed(JSON.parse(chart.figure), chart.plot);
  chart.plot.setAttribute("aria-label", layout.title.text + ". " + chart.sentence);
  chart.caption.textContent = chart.sentence;
  await Plotly.react(chart.plot, data, layout, options);
  if (chart.clickable && !chart.listens) {
    chart.listens = true;
    chart.plot.on("plotly_click", ({ points: [point] }) => chart.report(point));
  }
  chart.plot.dataset.draws = 1 + Number(chart.plot.dataset.draws ?? 0);
  const end = performance.now();
  chart.next = end + 2 * (end - start);
}

export default function ({ data, parentElement, setStateValue }) {
  let chart = charts.get(parentElement);
  if (!chart) {
    const root = document.createElement("figure");
    const plot = document.createElement("div");
    const caption = document.createElement("figcaption");
    root.className = "live-chart";
    plot.setAttribute("role", "img");
    plot.style.minHeight = JSON.parse(data.figure).layout.height + "px";
    root.append(plot, caption);
    parentElement.append(root);
    chart = { plot, caption, next: 0, alive: true };
    charts.set(parentElement, chart);
  }
  Object.assign(chart, data);
  chart.report = ({ curveNumber, pointNumber, x, y }) =>
    setStateValue("clicked", { curve: curveNumber, point: pointNumber, x, y, of: chart.of });
  draw(chart);
  return () => {
    chart.alive = false;
    charts.delete(parentElement);
    window.Plotly?.purge(chart.plot);
    chart.plot.parentElement.remove();
  };
}
