// Who is looking: one id for the browser, one for the tab. Both are random, kept by the browser, and
// survive a reload. A duplicated tab begins with a copy of the other's id and takes one of its own.
const VALID = /^[0-9a-f]{32}$/

function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0")
  ).join("")
}

function keep(storage, id) {
  try {
    window[storage].setItem("mlp-playground", id)
  } catch {} // storage may be forbidden: then the id lasts as long as the page
  return id
}

function kept(storage) {
  let id = null
  try {
    id = window[storage].getItem("mlp-playground")
  } catch {}
  return VALID.test(id ?? "") ? id : null
}

function identify() {
  const owner = kept("localStorage") ?? keep("localStorage", random())
  const page = random() // of this page load: tells two tabs with one id apart
  let tab = kept("sessionStorage")
  const others = new BroadcastChannel("mlp-playground")
  others.onmessage = ({ data }) => {
    if (data.asks === tab && data.page !== page) others.postMessage({ taken: tab, by: data.page })
    if (data.taken === tab && data.by === page) tab = keep("sessionStorage", random())
  }
  if (tab === null) {
    tab = keep("sessionStorage", random())
    return Promise.resolve(() => `${owner} ${tab}`)
  }
  others.postMessage({ asks: tab, page })
  return new Promise((resolve) => setTimeout(() => resolve(() => `${owner} ${tab}`), 200))
}

export default function ({ data, setStateValue }) {
  window.playgroundIdentity ??= identify()
  window.playgroundIdentity.then((current) => {
    if (data.known !== current()) setStateValue("identity", current())
  })
}
