const players = new WeakMap();
const SEND_MS = 100, TICK_MS = 150, TICKS = 80; // a long way is played in about as many ticks

// step null: after the last one, however many there are.
function build(parentElement) {
  const root = parentElement.querySelector(".player");
  const [range, text] = [root.querySelector("input"), root.querySelector("output")];
  const player = { root, range, text, sent: 0, playing: false };
  const send = () => {
    player.timer = null;
    player.sent = performance.now();
    player.set("chosen", { step: player.step });
  };
  player.at = () => player.step ?? player.count;
  player.move = (step) => {
    player.step = step >= player.count ? null : Math.max(0, step);
    show(player);
    player.timer ??= setTimeout(send, Math.max(0, player.sent + SEND_MS - performance.now()));
  };
  const stop = () => { player.playing = false; show(player); };
  range.oninput = () => { stop(); player.move(Number(range.value)); };
  const go = { first: () => 0, back: () => player.at() - 1, on: () => player.at() + 1, last: () => Infinity };
  for (const button of root.querySelectorAll("button")) {
    if (button.name !== "play") button.onclick = () => { stop(); player.move(go[button.name]()); };
    else button.onclick = () => {
      player.playing = !player.playing;
      if (player.playing && player.at() >= player.count) player.move(0);
      show(player);
      tick(player);
    };
  }
  return player;
}

// The next step waits until the server has shown this one.
function tick(player) {
  clearTimeout(player.next);
  if (!player.playing || !player.root.isConnected) return;
  if ((player.shown ?? player.count) === player.at()) {
    player.move(player.at() + Math.max(1, Math.round(player.count / TICKS)));
    if (player.step === null) { player.playing = false; show(player); }
  }
  player.next = setTimeout(() => tick(player), TICK_MS);
}

function show({ range, text, root, playing, count, noun, at }) {
  range.max = count;
  range.value = at();
  range.disabled = count === 0;
  text.textContent = `${noun[0].toUpperCase()}${noun.slice(1)} ${at()} of ${count}`;
  range.setAttribute("aria-valuetext", text.textContent);
  range.setAttribute("aria-label", `${noun} shown`);
  root.setAttribute("aria-label", `Play ${noun} by ${noun}`);
  for (const button of root.querySelectorAll("button")) {
    if (button.name === "play") button.textContent = playing ? "❚❚ Pause" : "▶ Play";
    else button.disabled = button.name === "first" || button.name === "back" ? at() === 0 : at() === count;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let player = players.get(parentElement);
  if (!player) {
    players.set(parentElement, (player = build(parentElement)));
    player.step = data.step;
  }
  Object.assign(player, { set: setStateValue, count: data.count, noun: data.noun, shown: data.step });
  if (player.step !== null && player.step >= data.count) player.step = null;
  show(player);
  return () => {
    if (parentElement.isConnected) return; // an update overtaken by the next one, see chart.js
    clearTimeout(player.timer);
    clearTimeout(player.next);
    players.delete(parentElement);
  };
}
