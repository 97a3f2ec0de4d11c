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
  watch.send = (state) => setStateValue("state", state);
  return () => {
    if (parentElement.isConnected) return;
    watch.end();
    watches.delete(parentElement);
  };
}

function report(watch, state) {
  if (state !== watch.state) watch.send?.(`${state} ${Date.now()}`);
}
