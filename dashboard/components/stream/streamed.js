// A component whose data has a `stream` is drawn again with every new value of its part.
const streamed = new WeakMap();

export default function (mount) {
  const { data, parentElement } = mount;
  const clean = render(mount);
  let live = streamed.get(parentElement);
  if (!live || live.address !== data.stream || live.part !== data.part) {
    live?.end?.();
    live = { address: data.stream, part: data.part };
    if (data.stream) live.end = subscribe(data.stream, data.part, (news) => live.draw(news));
    streamed.set(parentElement, live);
  }
  live.draw = (news) => render({ ...mount, data: { ...mount.data, ...news } });
  return () => {
    clean?.();
    if (parentElement.isConnected) return;
    live.end?.();
    streamed.delete(parentElement);
  };
}
