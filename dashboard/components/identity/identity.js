// Who is looking: one id for the browser, which the server knows by its cookie, and one for the tab,
// which survives a reload. The first page of a new tab has given it one already: nothing is told, and
// the page need not be drawn again. A duplicated tab begins with a copy of the other's id and takes
// one of its own.
const VALID = /^[0-9a-f]{32}$/
const TAB = "mlp_playground_tab"

function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0")
  ).join("")
}

let forgets = "" // " -" where the owner's id lasts only as long as the page

function keep(storage, id) {
  try {
    window[storage].setItem("mlp-playground", id)
  } catch { // storage may be forbidden, as in the frame of another site
    if (storage === "localStorage") forgets = " -"
  }
  return id
}

function kept(storage) {
  let id = null
  try {
    id = window[storage].getItem("mlp-playground")
  } catch {}
  return VALID.test(id ?? "") ? id : null
}

// Without cookies the browser's id is in its storage, where those of earlier versions are, too.
function ownerOf(known) {
  const owner = kept("localStorage")
  if (!known) return owner ?? keep("localStorage", random())
  if (owner && owner !== known) fetch(served("/identity"), { method: "POST", body: owner, headers: { "X-MLP-Playground": "1" } })
  return owner ?? known
}

function identify({ known }) {
  const [knownOwner, given] = known?.split(" ") ?? []
  const owner = ownerOf(knownOwner)
  const cookie = (id, seconds) => { document.cookie = `${TAB}=${id}; Path=/; Max-Age=${seconds}; SameSite=Lax` }
  const leaving = document.cookie.match(/mlp_playground_tab=(\w+)/)?.[1]
  cookie("", 0)
  const page = random() // of this page load: tells two tabs with one id apart
  let tab = kept("sessionStorage")
  const others = new BroadcastChannel("mlp-playground")
  others.onmessage = ({ data }) => {
    if (data.asks === tab && data.page !== page) others.postMessage({ taken: tab, by: data.page })
    if (data.taken === tab && data.by === page) tab = keep("sessionStorage", random())
  }
  addEventListener("pagehide", () => cookie(tab, 10)) // a reload is known by it at once
  if (tab === null) {
    tab = keep("sessionStorage", given && given !== leaving ? given : random())
    return Promise.resolve(() => `${owner} ${tab}${forgets}`)
  }
  others.postMessage({ asks: tab, page })
  return new Promise((resolve) => setTimeout(() => resolve(() => `${owner} ${tab}${forgets}`), 200))
}

export default function ({ data, setStateValue }) {
  window.playgroundIdentity ??= identify(data)
  // In a frame Streamlit tells the server the address of the outermost page, where it can.
  if (window.top !== window && data.base !== served("")) setStateValue("base", served(""))
  window.playgroundIdentity.then((current) => {
    if (data.known !== current()) setStateValue("identity", current())
  })
}
