"use strict";
// What is seen: the tab, the dialog in front, and the line to type in.

const list = document.getElementById("messages"), dialogs = document.getElementById("dialogs");
const say = document.getElementById("say"), hints = document.getElementById("hints"), as = document.getElementById("as");
const commands = JSON.parse(document.getElementById("commands").textContent);
window.everybody = JSON.parse(document.getElementById("people").textContent);
let watching = new AbortController(), seen = "", first = true;

const stamps = () => Object.fromEntries([...list.querySelectorAll("article")].map(a => [a.dataset.ts, a.dataset.edits]));

async function look() {
  watching = new AbortController();
  const {as, tab} = document.body.dataset, q = new URLSearchParams({as, tab, seen});
  try {
    const r = await fetch("/_sandbox/screen?" + q, {cache: "no-store", signal: watching.signal});
    if (!r.ok) throw new Error(r.status);
    const c = await r.json();
    document.body.classList.remove("gone");
    if (as === document.body.dataset.as && tab === document.body.dataset.tab) show(c);
  } catch (e) {
    if (e.name !== "AbortError") {
      document.body.classList.add("gone");
      await new Promise(r => setTimeout(r, 1000));
    }
  }
  setTimeout(look, 0);
}

// renew puts new markup in place of what has changed, and leaves the rest as it
// stands: a button does not go away under a pointer because another message came.
function renew(into, html) {
  const t = document.createElement("template"), changed = [];
  t.innerHTML = html;
  const next = [...t.content.children];
  next.forEach((n, i) => {
    const old = into.children[i], text = n.outerHTML;
    if (old && old.sent === text) return;
    n.sent = text;
    old ? old.replaceWith(n) : into.append(n);
    changed.push(n);
  });
  while (into.children.length > next.length) into.lastElementChild.remove();
  return changed;
}

function show(c) {
  if (c.version !== seen) {
    const low = first || list.scrollHeight - list.scrollTop - list.clientHeight < 80, before = stamps(), kept = {};
    for (const s of list.querySelectorAll("[data-surface]")) kept[s.dataset.ts || "home"] = held(s);
    const focus = where(list);
    for (const changed of renew(list, c.html)) {
      for (const s of changed.querySelectorAll("[data-surface]")) { dress(s); put(s, kept[s.dataset.ts || "home"] || {}); }
      if (changed.matches("[data-surface]")) { dress(changed); put(changed, kept[changed.dataset.ts || "home"] || {}); }
    }
    back(list, focus);
    if (!first) for (const a of list.querySelectorAll("article")) if (before[a.dataset.ts] !== a.dataset.edits) a.classList.add("new");
    if (low && document.body.dataset.tab !== "home") list.scrollTop = list.scrollHeight;
    seen = c.version;
    list.dataset.version = seen;
    first = false;
  }
  document.getElementById("members").textContent = c.members;
  everybody = c.people;
  for (const p of c.people) {
    const o = [...as.options].find(o => o.value === p.id);
    if (o) o.textContent = p.name + (p.gone ? " · signed out" : p.role ? " · " + p.role : "");
  }
  say.disabled = c.signed_out;
  showDialog(c.dialog);
}

// where and back keep the focus where it was when something is drawn anew.
function where(root) {
  const e = document.activeElement?.closest("[data-action]");
  return e && root.contains(e) ? [e.dataset.block, e.dataset.action, e.closest("[data-ts]")?.dataset.ts, e.selectionStart] : null;
}
function back(root, focus) {
  if (!focus) return;
  const e = [...root.querySelectorAll("[data-action]")].find(e =>
    e.dataset.block === focus[0] && e.dataset.action === focus[1] && e.closest("[data-ts]")?.dataset.ts === focus[2]);
  (e?.matches("div") ? e.querySelector("input:checked, input") : e)?.focus();
  if (focus[3] != null) try { e.setSelectionRange(focus[3], focus[3]); } catch { /* no text */ }
}

function showDialog(d) {
  let box = dialogs.querySelector("dialog");
  if (!d) { box?.remove(); return; }
  if (box?.dataset.version === d.version) return;
  const same = box?.dataset.id === d.id, fill = same ? held(box) : {}, focus = same ? where(box) : null;
  const top = same ? box.querySelector(".content").scrollTop : 0;
  if (!box) {
    box = document.createElement("dialog");
    box.setAttribute("aria-labelledby", "dialog-title");
    box.addEventListener("cancel", ev => { ev.preventDefault(); post("close", {as: me(), all: false}); });
    dialogs.append(box);
  }
  box.innerHTML = d.html;
  box.dataset.id = d.id;
  box.dataset.version = d.version;
  dress(box);
  put(box, fill);
  if (!box.open) box.showModal();
  box.querySelector(".content").scrollTop = top;
  const wrong = box.querySelector(".wrong input, .wrong select, .wrong textarea");
  if (wrong) wrong.focus();
  else if (focus) back(box, focus);
  else (box.querySelector("[autofocus]") || box.querySelector(".content input, .content select, .content textarea"))?.focus();
}

dialogs.addEventListener("submit", async ev => {
  ev.preventDefault();
  const button = dialogs.querySelector("button[type=submit]");
  if (button?.getAttribute("aria-busy")) return;
  button?.setAttribute("aria-busy", "true");
  await post("submit", {as: me(), fill: held(dialogs)});
  button?.removeAttribute("aria-busy");
});
dialogs.addEventListener("click", ev => {
  const close = ev.target.closest("[data-close]");
  if (close) post("close", {as: me(), all: close.dataset.close === "all"});
});

// Who and where.
function go(tab) {
  document.body.dataset.tab = tab;
  for (const e of document.querySelectorAll("nav [data-go]")) {
    const here = e.dataset.go === tab || (e.dataset.go === "home" && tab === "messages");
    e.classList.toggle("here", here);
    here ? e.setAttribute("aria-current", "page") : e.removeAttribute("aria-current");
  }
  for (const e of document.querySelectorAll("[role=tab]")) e.setAttribute("aria-selected", String(e.dataset.go === tab));
  anew();
  if (tab === "home") post("home", {as: me()}); // what the app then shows comes by itself
}
function anew() {
  history.replaceState(null, "", "/channel?" + new URLSearchParams({as: me(), tab: document.body.dataset.tab}));
  seen = "";
  first = true;
  watching.abort();
}
document.addEventListener("click", ev => {
  const e = ev.target.closest("[data-go]");
  if (e) { ev.preventDefault(); go(e.dataset.go); }
});
as.addEventListener("change", () => {
  document.body.dataset.as = as.value;
  dialogs.replaceChildren();
  go(document.body.dataset.tab);
});

// The line to type in: commands after "/", people after "@".
function fit() {
  say.style.height = "auto";
  say.style.height = Math.min(say.scrollHeight, 160) + "px";
}
function offer() {
  const before = say.value.slice(0, say.selectionStart), at = /(^|\s)@([\w.-]*)$/.exec(before);
  let found = [];
  if (/^\/\S*$/.test(say.value)) {
    found = commands.filter(c => c.Name.startsWith(say.value)).map(c => [c.Name, (c.Usage ? c.Usage + "  ·  " : "") + c.Description, c.Name + " "]);
  } else if (at) {
    const asked = at[2].toLowerCase();
    found = people().filter(p => (p.handle + " " + p.name).toLowerCase().includes(asked)).slice(0, 8)
      .map(p => [p.name, "@" + p.handle, before.slice(0, before.length - at[2].length) + p.handle + " " + say.value.slice(say.selectionStart)]);
  }
  hints.replaceChildren(...found.map(([name, more, text], i) => {
    const o = document.createElement("div"), small = document.createElement("small");
    o.setAttribute("role", "option");
    o.setAttribute("aria-selected", String(i === 0));
    small.textContent = more;
    o.append(name, small);
    o.text = text;
    o.addEventListener("mousedown", ev => { ev.preventDefault(); take(o); });
    return o;
  }));
  hints.hidden = found.length === 0;
}
function take(o) {
  say.value = o.text;
  hints.hidden = true;
  say.focus();
  fit();
}
function send() {
  const text = say.value.trim();
  if (!text) return;
  say.value = "";
  hints.hidden = true;
  fit();
  post("type", {as: me(), text}).then(got => {
    if (!got.ok && !text.startsWith("/")) toast(got.text);
  });
}
say.addEventListener("input", () => { fit(); offer(); });
say.addEventListener("blur", () => { hints.hidden = true; });
say.addEventListener("keydown", ev => {
  const whole = commands.some(c => c.Name === say.value.trim());
  if (!(whole && ev.key === "Enter") && walk(ev, hints, take)) return;
  if (ev.key === "Enter" && !ev.shiftKey && !ev.isComposing) { ev.preventDefault(); send(); }
});
say.addEventListener("keypress", ev => { if (ev.key === "Enter" && !ev.shiftKey) ev.preventDefault(); });
document.getElementById("composer").addEventListener("submit", ev => { ev.preventDefault(); send(); });

for (const s of list.querySelectorAll("[data-surface]")) dress(s);
list.scrollTop = list.scrollHeight;
if (document.body.dataset.tab === "home") post("home", {as: me()});
look();
