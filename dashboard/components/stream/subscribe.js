// Streams of the page: one connection for each address, shared by all components.
// A component with `stream` in its data calls subscribe(address, part, listener), where listener(data)
// receives every new value of the part; what it returns ends the subscription. The server sends an event
// a second at least: a network that holds events back, or lets them pass in bursts, is noticed by silence.
const SILENCE = 3000; // ms
const POLL = 500;

function subscribe(address, part, listener) {
  const streams = (window.playgroundStreams ??= new Map());
  let stream = streams.get(address);
  if (!stream) {
    stream = { address, version: 0, parts: new Map(), listeners: new Set(), polls: false };
    streams.set(address, stream);
    connect(stream);
  }
  const entry = { part, listener };
  stream.listeners.add(entry);
  if (stream.parts.has(part)) queueMicrotask(() => stream.listeners.has(entry) && listener(stream.parts.get(part)));
  return () => {
    stream.listeners.delete(entry);
    setTimeout(() => {
      if (stream.listeners.size || streams.get(address) !== stream) return;
      streams.delete(address);
      clearTimeout(stream.timer);
      stream.source?.close();
    }, 1000); // a script run takes components away and brings them back
  };
}

function tell(stream, part, data) {
  stream.parts.set(part, data);
  for (const entry of [...stream.listeners]) if (entry.part === part) entry.listener(data);
}

function receive(stream, text) {
  const message = JSON.parse(text);
  if (message.version < stream.version) stream.parts.clear(); // the server was restarted
  stream.version = message.version;
  for (const [part, data] of Object.entries(message.parts)) tell(stream, part, data);
}

function connect(stream) {
  const source = (stream.source = new EventSource(served(stream.address)));
  const held = () => {
    // The timer of a page in the background, or of a machine that slept, may come before the events.
    // One that was cut, the browser connects again.
    const cut = stream.opened && source.readyState === EventSource.CONNECTING;
    if (cut || document.hidden || performance.now() > stream.due + 1000) return alive();
    source.close();
    stream.polls = true;
    tell(stream, "connection", "polling");
    poll(stream);
  };
  const alive = () => {
    clearTimeout(stream.timer);
    stream.due = performance.now() + SILENCE;
    stream.timer = setTimeout(held, SILENCE);
  };
  alive();
  source.addEventListener("hello", () => {
    stream.opened = true;
    alive();
  });
  source.onmessage = (event) => {
    alive();
    receive(stream, event.data);
  };
  source.onerror = () => {
    // A stream that is gone is not tried again; one that was cut, the browser connects to by itself.
    if (source.readyState === EventSource.CLOSED) {
      clearTimeout(stream.timer);
      tell(stream, "connection", "gone");
    }
  };
}

async function poll(stream) {
  while (window.playgroundStreams.get(stream.address) === stream) {
    try {
      const answer = await fetch(`${served(stream.address)}?since=${stream.version}`);
      if (answer.status === 404) return tell(stream, "connection", "gone");
      receive(stream, await answer.text());
    } catch {} // the server is away for a moment
    await new Promise((go) => setTimeout(go, POLL));
  }
}
