/* Better with it, whole without it: comment on selected words, save drafts by itself, and keep what
   was typed when the connection is gone: in this tab, until it is sent. */
"use strict";

const PAUSE = 1500; // milliseconds without typing until a draft is saved

function keyOf(form) {
  // On the discussion's page each comment has a form; what is typed belongs to its comment.
  const about = form.querySelector("input[type=hidden][name=comment]")?.value ?? "";
  return `review:${form.dataset.autosave || location.pathname}:${about}`;
}

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !["csrfmiddlewaretoken", "substance", "step"].includes(field.name) && field.type !== "hidden" && field.type !== "submit");
}

function remember(form) {
  const kept = {};
  for (const field of fieldsOf(form)) {
    if (["radio", "checkbox"].includes(field.type)) {
      if (field.checked) (kept[field.name] ??= []).push(field.value);
    } else kept[field.name] = field.value;
  }
  try { sessionStorage.setItem(keyOf(form), JSON.stringify(kept)); } catch { /* a full or closed store */ }
}

function forget(form) {
  try { sessionStorage.removeItem(keyOf(form)); } catch { /* nothing was kept */ }
}

function restore(form) {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(keyOf(form))); } catch { return; }
  if (!kept) return;
  for (const field of fieldsOf(form)) {
    if (!(field.name in kept)) continue;
    if (["radio", "checkbox"].includes(field.type)) field.checked = kept[field.name].includes(field.value);
    else field.value = kept[field.name];
    field.closest("details")?.setAttribute("open", "");
  }
}

async function save(form) {
  if (form.saving) { // one at a time: two first saves would make two drafts
    form.again = true;
    return;
  }
  form.saving = true;
  const said = form.querySelector(".saved");
  const data = new FormData(form);
  data.set("step", "autosave");
  try {
    const response = await fetch(form.dataset.autosave, { method: "POST", body: data, credentials: "same-origin" });
    const answer = await response.json();
    if (!answer.saved) throw new Error(answer.reason);
    forget(form);
    if (answer.address) {
      form.dataset.autosave = answer.address;
      form.action = answer.address;
    }
    if (said) said.textContent = said.dataset.saved;
  } catch {
    if (said) said.textContent = said.dataset.waiting;
  }
  form.saving = false;
  if (form.again) {
    form.again = false;
    save(form);
  }
}

for (const form of document.querySelectorAll("form[data-autosave], form[data-keep]")) {
  restore(form);
  let timer;
  form.addEventListener("input", () => {
    remember(form);
    if (!form.dataset.autosave) return;
    clearTimeout(timer);
    timer = setTimeout(() => save(form), PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    if (navigator.onLine) sessionStorage.setItem("review:sent", keyOf(form));
  });
}

/* The page after a form that was taken says so; only then is the copy on this device dropped. */
const sent = sessionStorage.getItem("review:sent");
if (sent && document.querySelector(".said:not([data-bad]) li:not([data-bad])")) sessionStorage.removeItem(sent);
sessionStorage.removeItem("review:sent");

/* Words selected in a paragraph: a button beside them leads to the form with the words in it. */
const LONGEST = 280;
const label = document.body.querySelector("[data-selection-label]")?.dataset.selectionLabel;
const button = document.createElement("button");
button.className = "on-selection";
button.type = "button";
button.hidden = true;
button.textContent = label || "";
if (label) document.body.append(button);

document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  const words = selection.toString().trim();
  const start = selection.anchorNode?.parentElement?.closest("[data-comment]");
  const end = selection.focusNode?.parentElement?.closest("[data-comment]");
  if (!label || !words || words.length > LONGEST || !start || start !== end) {
    button.hidden = true;
    return;
  }
  const box = selection.getRangeAt(0).getBoundingClientRect();
  button.style.setProperty("inset-block-start", `${window.scrollY + box.bottom + 8}px`);
  button.style.setProperty("inset-inline-start", `${Math.max(8, Math.min(box.left, window.innerWidth - 240))}px`);
  button.dataset.to = `${start.dataset.comment}&quote=${encodeURIComponent(words.replace(/\s+/g, " "))}`;
  button.hidden = false;
});
button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the selection
button.addEventListener("click", () => { location.href = button.dataset.to; });
