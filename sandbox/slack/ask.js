"use strict";
// What can be acted on: buttons, menus, inputs, and the questions before them.

const me = () => document.body.dataset.as;

async function post(path, body) {
  try {
    const r = await fetch("/_sandbox/" + path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
    return r.ok ? await r.json() : {ok: false, error: "failed", text: await r.text()};
  } catch { return {ok: false, error: "gone", text: "the sandbox has stopped"}; }
}

function toast(text) {
  const t = document.createElement("div");
  t.textContent = text;
  const all = document.getElementById("toasts");
  all.append(t);
  all.hidePopover();
  all.showPopover(); // above a dialog that is open
  setTimeout(() => { t.remove(); if (!all.children.length) all.hidePopover(); }, 6000);
}

// held gives what stands in every input of a surface, by block and action.
function held(surface) {
  const fill = {};
  for (const e of surface.querySelectorAll("[data-block]")) {
    const v = valueOf(e);
    if (v) fill[e.dataset.block + "/" + e.dataset.action] = v;
  }
  return fill;
}

function valueOf(e) {
  switch (e.dataset.kind) {
    case "button": case "overflow": return null;
    case "radio_buttons": case "checkboxes": return [...e.querySelectorAll("input:checked")].map(i => i.value);
    case "users_select": return e.dataset.value ? [e.dataset.value] : [];
    case "multi_static_select": case "multi_users_select": return [...e.selectedOptions].map(o => o.value);
    case "datetimepicker": return e.value ? [String(Math.floor(new Date(e.value).getTime() / 1000))] : [];
  }
  return e.value ? [e.value] : [];
}

// put stands values back into a surface that was drawn anew.
function put(surface, fill) {
  for (const e of surface.querySelectorAll("[data-block]")) {
    const v = fill[e.dataset.block + "/" + e.dataset.action];
    if (!v) continue;
    switch (e.dataset.kind) {
      case "radio_buttons": case "checkboxes":
        for (const i of e.querySelectorAll("input")) i.checked = v.includes(i.value);
        break;
      case "users_select":
        e.dataset.value = v[0] || "";
        e.value = v[0] ? people().find(p => p.id === v[0])?.name || "" : "";
        break;
      case "multi_static_select": case "multi_users_select":
        for (const o of e.options) o.selected = v.includes(o.value);
        break;
      case "datetimepicker": e.value = v[0] ? local(Number(v[0])) : ""; break;
      default: e.value = v[0] || "";
    }
  }
}

// local shows seconds since 1970 as datetime-local does.
function local(seconds) {
  const d = new Date(seconds * 1000);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function dress(surface) {
  for (const e of surface.querySelectorAll("[data-instant]")) e.value = local(Number(e.dataset.instant));
}

// press sends an action to the app, and asks first where the app wants that.
async function press(e, value) {
  const surface = e.closest("[data-surface]");
  const question = e.closest("details")?.nextElementSibling || e.closest(".person")?.nextElementSibling || e.nextElementSibling;
  if (question?.matches("template.confirm") && !await ask(question)) return;
  const p = {action: e.dataset.action, block: e.dataset.block, value: value || "", fill: held(surface)};
  if (surface.dataset.surface === "message") p.message = surface.dataset.ts;
  if (surface.dataset.surface === "home") p.home = true;
  if (e.dataset.kind !== "button" && e.dataset.kind !== "overflow") p.value = "";
  e.setAttribute("aria-busy", "true");
  const got = await post("press", {as: me(), press: p});
  e.removeAttribute("aria-busy");
  if (!got.ok) toast("Lastday did not answer: " + got.error);
}

// ask shows a confirm dialog of the app's.
function ask(question) {
  const parts = question.content.cloneNode(true), d = document.createElement("dialog");
  d.className = "ask";
  d.innerHTML = '<form method="dialog"><header></header><footer><button class="button" value="no"></button><button class="button" value="yes"></button></footer></form>';
  d.querySelector("header").append(parts.querySelector("h2"));
  d.querySelector("header").after(parts.querySelector(".text"));
  const [no, yes] = d.querySelectorAll("button");
  no.append(...parts.querySelector(".no").childNodes);
  yes.append(...parts.querySelector(".yes").childNodes);
  yes.classList.add(...(question.dataset.style === "danger" ? ["danger", "sure"] : ["primary"]));
  document.body.append(d);
  d.showModal();
  return new Promise(done => d.addEventListener("close", () => { d.remove(); done(d.returnValue === "yes"); }));
}

document.addEventListener("click", ev => {
  const e = ev.target.closest("button[data-action]");
  if (e) {
    ev.preventDefault();
    e.closest("details")?.removeAttribute("open");
    if (e.dataset.url && /^https?:/.test(e.dataset.url)) window.open(e.dataset.url, "_blank", "noopener");
    press(e, e.dataset.value);
  }
  for (const d of document.querySelectorAll("details.overflow[open]")) if (!d.contains(ev.target)) d.open = false;
});

document.addEventListener("change", ev => {
  const e = ev.target.closest("[data-action]");
  if (!e || e.dataset.quiet || e.dataset.kind === "users_select" || ev.target.type === "text" || e.tagName === "TEXTAREA") return;
  press(e);
});

document.addEventListener("keydown", ev => {
  const e = ev.target;
  if (ev.key !== "Enter" || !e.matches?.("input[data-kind$=text_input]")) return;
  ev.preventDefault();
  if (!e.dataset.quiet) press(e);
  else if (e.closest("dialog")) e.closest("form").requestSubmit();
});

document.addEventListener("keypress", ev => {
  if (ev.key === "Enter" && ev.target.matches?.(".body input")) ev.preventDefault(); // done on keydown, above
});

// A person is found by name or address.
const people = () => window.everybody.filter(p => !p.gone);

function choose(input, p) {
  const list = input.nextElementSibling;
  input.dataset.value = p ? p.id : "";
  input.value = p ? p.name : "";
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  if (p && !input.dataset.quiet) press(input);
}

function suggest(input) {
  const list = input.nextElementSibling, asked = input.value.trim().toLowerCase();
  const found = people().filter(p => !asked || (p.name + " " + p.email + " " + p.handle).toLowerCase().includes(asked)).slice(0, 8);
  list.replaceChildren(...found.map((p, i) => {
    const o = document.createElement("div"), mail = document.createElement("small");
    o.setAttribute("role", "option");
    o.setAttribute("aria-selected", String(i === 0));
    mail.textContent = p.email;
    o.append(p.name, mail);
    o.addEventListener("mousedown", ev => { ev.preventDefault(); choose(input, p); });
    o.person = p;
    return o;
  }));
  list.hidden = found.length === 0;
  input.setAttribute("aria-expanded", String(found.length > 0));
}

document.addEventListener("input", ev => {
  if (!ev.target.matches('[data-kind="users_select"]')) return;
  ev.target.dataset.value = "";
  suggest(ev.target);
});
document.addEventListener("focusin", ev => {
  if (ev.target.matches('[data-kind="users_select"]') && !ev.target.dataset.value && ev.target.value) suggest(ev.target);
});
document.addEventListener("click", ev => {
  if (ev.target.matches('[data-kind="users_select"]')) { ev.target.select(); suggest(ev.target); }
});
document.addEventListener("focusout", ev => {
  const e = ev.target;
  if (!e.matches('[data-kind="users_select"]')) return;
  e.nextElementSibling.hidden = true;
  if (!e.dataset.value) {
    const p = people().find(p => p.name === e.value.trim() || p.email === e.value.trim());
    if (p) choose(e, p);
    else e.value = "";
  }
});
document.addEventListener("keydown", ev => {
  if (ev.target.matches?.('[data-kind="users_select"]')) walk(ev, ev.target.nextElementSibling, o => choose(ev.target, o.person));
}, true);

// walk moves through an open list by the arrow keys; it reports whether the key
// was for the list.
function walk(ev, list, take) {
  if (list.hidden) return false;
  const all = [...list.children], at = all.findIndex(o => o.getAttribute("aria-selected") === "true");
  switch (ev.key) {
    case "ArrowDown": case "ArrowUp": {
      const next = (at + (ev.key === "ArrowDown" ? 1 : all.length - 1)) % all.length;
      all.forEach((o, i) => o.setAttribute("aria-selected", String(i === next)));
      all[next].scrollIntoView({block: "nearest"});
      break;
    }
    case "Enter": case "Tab": if (at < 0) return false; take(all[at]); break;
    case "Escape": list.hidden = true; break;
    default: return false;
  }
  if (ev.key !== "Tab") ev.preventDefault();
  ev.stopPropagation();
  return true;
}
