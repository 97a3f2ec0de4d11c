
// A point of the chart that a person moves: mouse, touch, or the arrow keys. Where it is, the browser
// knows first; the server's word counts only for another `of`.
const SEND_MS = 100;

function limited(value, [low, high], step) {
  const whole = Number((Math.round(value / step) * step).toPrecision(10));
  return Math.min(high, Math.max(low, whole));
}

// The height of the chart's first curve at x.
function height({ x, y }, at) {
  const next = Math.max(1, Array.from(x).findIndex((value) => value >= at));
  const share = (at - x[next - 1]) / (x[next] - x[next - 1]);
  return y[next - 1] + share * (y[next] - y[next - 1]);
}

function place(chart) {
  const { plot, knob } = chart;
  const { xaxis, yaxis } = plot._fullLayout;
  const { axis, name } = chart.handle;
  const [x] = knob.at;
  const y = axis === "x" ? height(plot._fullData[0], x) : knob.at[1];
  const left = xaxis.d2p(x), top = yaxis.d2p(y);
  knob.style.left = xaxis._offset + left + "px";
  knob.style.top = yaxis._offset + top + "px";
  knob.hidden = !(left >= -1 && left <= xaxis._length + 1 && top >= -1 && top <= yaxis._length + 1);
  knob.setAttribute("aria-label", name);
  knob.setAttribute("aria-valuenow", x);
  knob.setAttribute("aria-valuemin", chart.handle.x[0]);
  knob.setAttribute("aria-valuemax", chart.handle.x[1]);
  knob.setAttribute("aria-valuetext", [x, y].slice(0, axis === "x" ? 1 : 2).map((v) => v.toFixed(2)).join(", "));
}

function move(chart, x, y) {
  const { knob, handle } = chart;
  const to = [limited(x, handle.x, handle.step[0]), limited(y, handle.y, handle.step[1])];
  if (to[0] === knob.at[0] && to[1] === knob.at[1]) return;
  knob.at = to;
  place(chart);
  const send = () => {
    knob.timer = null;
    knob.sent = performance.now();
    chart.moved({ x: knob.at[0], y: knob.at[1], of: knob.of });
  };
  knob.timer ??= setTimeout(send, Math.max(0, (knob.sent ?? 0) + SEND_MS - performance.now()));
}

function follow(chart, { clientX, clientY }) {
  const { xaxis, yaxis } = chart.plot._fullLayout;
  const { left, top } = chart.plot.getBoundingClientRect();
  move(chart, xaxis.p2d(clientX - left - xaxis._offset), yaxis.p2d(clientY - top - yaxis._offset));
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function grab(chart) {
  const knob = (chart.knob = document.createElement("div"));
  knob.className = "knob";
  knob.tabIndex = 0;
  knob.setAttribute("role", "slider");
  knob.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    knob.focus({ preventScroll: true });
    knob.setPointerCapture(event.pointerId);
  };
  knob.onpointermove = (event) => knob.hasPointerCapture(event.pointerId) && follow(chart, event);
  knob.onkeydown = (event) => {
    if (!(event.key in ARROWS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { axis, step } = chart.handle;
    let [right, up] = ARROWS[event.key];
    if (axis === "x") [right, up] = [right + up, 0];
    const by = event.shiftKey ? 10 : 1;
    move(chart, knob.at[0] + by * right * step[0], knob.at[1] + by * up * step[1]);
  };
  chart.plot.parentElement.append(knob);
  chart.plot.on("plotly_afterplot", () => place(chart));
}

function hold(chart) {
  if (!chart.knob) grab(chart);
  const { knob, handle } = chart;
  if (knob.of !== handle.of) Object.assign(knob, { of: handle.of, at: handle.at });
  place(chart);
}
