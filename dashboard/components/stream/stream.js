// Asks for a script run when the state of what is watched is another one, or its stream is gone.
const watches = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let watch = watches.get(parentElement);
  if (watch?.address !== data.stream) {
    watch?.end();
    watch = { address: data.stream };
    const ends = [
      subscribe(data.stream, "state", (state) => report(watch, state)),
      subscribe(data.stream, "connection", (how) => {
        if (how === "gone") report(watch, how);
        note.hidden = how !== "polling";
      }),
    ];
    watch.end = () => ends.forEach((end) => end());
    watches.set(parentElement, watch);
  }
  const note = (watch.note ??= parentElement.appendChild(document.createElement("small")));
  note.textContent = "This network holds live updates back: the page asks for them twice a second.";
  note.hidden = !window.playgroundStreams.get(data.stream)?.polls;
  watch.state = data.state;
  clearTimeout(watch.asked);
  watch.asked = undefined;
  watch.send = (state) => setStateValue("state", state);
  if (watch.late) report(watch, watch.late);
  return () => {
    if (parentElement.isConnected) return;
    watch.end();
    watches.delete(parentElement);
  };
}

// One script run at a time: what comes meanwhile is asked for after it.
const PATIENCE = 2000; // ms

function report(watch, state) {
  watch.late = undefined;
  if (state === watch.state || !watch.send) return;
  if (watch.asked) {
    watch.late = state;
    return;
  }
  watch.asked = setTimeout(() => {
    watch.asked = undefined;
    if (watch.late) report(watch, watch.late);
  }, PATIENCE);
  watch.send(`${state} ${Date.now()}`);
}
