// How long a text is, shown while one types.
//
// <span data-counts-for="id_summary" data-limit="120"> shows "87 / 120" words, with
// data-limit-characters instead of data-limit characters; the limit of characters may also stand
// on the field. data-over is set when the text is too long. Words are counted as
// agreements/markup.py does: without citations, marks and addresses.

const CITATION = /\s*\[@[a-z0-9-]+(?:;\s*@[a-z0-9-]+)*\]/g;

/** Return the text of a field in which a visual editor writes HTML, or light markup is typed. */
function textOf(field) {
  if (field.dataset.holds !== "html") {
    return field.dataset.rich === undefined
      ? field.value
      : field.value.replace(/^\s*(?:-|###?)\s/gm, "").replace(CITATION, "");
  }
  const page = new DOMParser().parseFromString(field.value, "text/html");
  const lines = [...page.querySelectorAll("p, h2, h3")].map((line) => line.textContent);
  return lines.join("\n").replace(CITATION, "");
}

function count(counter) {
  const field = document.getElementById(counter.dataset.countsFor);
  if (!field) return;
  const characters = counter.dataset.limitCharacters ?? field.dataset.limitCharacters;
  const limit = Number(counter.dataset.limit ?? characters);
  const words = textOf(field).normalize("NFC").split(/\s+/).filter(Boolean);
  const length = counter.dataset.limit === undefined ? [...words.join(" ")].length : words.length;
  counter.textContent = `${length} / ${limit}`;
  counter.toggleAttribute("data-over", length > limit);
}

document.addEventListener("input", ({ target }) => {
  if (!target.id) return;
  document.querySelectorAll(`[data-counts-for="${CSS.escape(target.id)}"]`).forEach(count);
});
// The admin numbers the fields of an added row, but not what refers to them.
document.addEventListener("formset:added", ({ target }) => {
  for (const counter of target.querySelectorAll("[data-counts-for]")) {
    const number = target.id.match(/[0-9]+$/)?.[0];
    counter.dataset.countsFor = counter.dataset.countsFor.replace("__prefix__", number);
  }
});
document.querySelectorAll("[data-counts-for]:empty").forEach(count);
