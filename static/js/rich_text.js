// The visual editor of long texts (Tiptap), for each <textarea data-rich>.
//
// The server renders what the editor opens in data-html. Once something is changed, the textarea
// holds the editor's HTML and the hidden field {name}-form says "html"; until then both stay as
// they came. Without this script, or without <template id="rich-text-parts">, the textarea with
// its light markup is the field. All words come from that template.

const parts = document.getElementById("rich-text-parts");
const CITATION = /\[(@[a-z0-9-]+(?:;\s*@[a-z0-9-]+)*)\]/g;
const TERM = /^term:[a-z0-9-]+$/;

const part = (selector) => parts.content.querySelector(selector);

/** Return a web address in full, or null. */
function webAddress(typed) {
  const text = typed.trim();
  const whole = /^[\w-]+(\.[\w-]+)+([/?#:]|$)/.test(text) ? `https://${text}` : text;
  try {
    const { protocol, hostname } = new URL(whole);
    return /^https?:$/.test(protocol) && hostname.includes(".") && !/\s/.test(whole) ? whole : null;
  } catch {
    return null;
  }
}

const isTarget = (href) => TERM.test(href) || /^https?:\/\/[^\s/]/i.test(href);

// ── What is pasted ───────────────────────────────────────────────────────────────────────────

// The same rules as agreements/rich_text.py, which cleans once more: here they are applied so
// that an editor sees at once what a text from Word has become.

const SILENT = new Set(
  ("APPLET AREA AUDIO BASE BUTTON CANVAS DATALIST DEL EMBED HEAD IFRAME IMG INPUT LINK MAP MATH" +
    " META METER NOSCRIPT OBJECT OPTION PROGRESS SCRIPT SELECT STYLE SVG TEMPLATE TEXTAREA TITLE" +
    " VIDEO XML").split(" "),
);
const BREAKS = new Set(
  ("ADDRESS ARTICLE ASIDE BLOCKQUOTE CAPTION CENTER DD DETAILS DIV DL DT FIELDSET FIGCAPTION" +
    " FIGURE FOOTER FORM HEADER HR LEGEND MAIN NAV P PRE SECTION SUMMARY TABLE TBODY TD TFOOT TH" +
    " THEAD TR").split(" "),
);
const HEADINGS = { H1: "h2", H2: "h2", H3: "h3", H4: "h3", H5: "h3", H6: "h3" };
const MARKS = { B: "strong", STRONG: "strong", I: "em", EM: "em" };
const BULLET = /^\s*[·•▪▫■□●○◦‣⁃∙§Øüvo\uf000-\uf0ff–—-]\s+/;
const INVISIBLE = /[\u0000-\u0008\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffc]/g;

/** Return the declarations of what was a style attribute, Word's own among them. */
function styleOf(element) {
  const pairs = (element.dataset.style ?? "").toLowerCase().split(";");
  return Object.fromEntries(
    pairs.map((pair) => [pair.split(":", 1)[0].trim(), pair.slice(pair.indexOf(":") + 1).trim()]),
  );
}

function isSilent(element, style) {
  return (
    SILENT.has(element.nodeName) ||
    style.display === "none" ||
    style["mso-hide"] === "all" ||
    style["mso-element"] === "comment-list"
  );
}

function marksOf(element, style, marks) {
  const found = { ...marks };
  if (MARKS[element.nodeName]) found[MARKS[element.nodeName]] = true;
  const { "font-weight": weight, "font-style": slant } = style;
  if (weight) found.strong = weight.startsWith("bold") || Number.parseInt(weight, 10) >= 600;
  if (slant) found.em = /^(italic|oblique)/.test(slant);
  const href = element.nodeName === "A" && element.getAttribute("href")?.trim();
  if (href && isTarget(href)) found.href = href;
  return found;
}

/** Return the function that numbers the items of an ordered list: 1. b. iv. */
function numbering(list, listStyle) {
  const names = { a: "lower-alpha", A: "upper-alpha", i: "lower-roman", I: "upper-roman" };
  let at = (Number.parseInt(list.getAttribute("start"), 10) || 1) - 1;
  return (item, style) => {
    const kind =
      style["list-style-type"] ??
      listStyle["list-style-type"] ??
      names[list.getAttribute("type")] ??
      "";
    at = Number.parseInt(item.getAttribute("value"), 10) || at + 1;
    let label = String(at);
    if (/(alpha|latin)$/.test(kind) && at >= 1 && at <= 26) label = String.fromCharCode(96 + at);
    if (/roman$/.test(kind) && at >= 1 && at <= 39) {
      const ones = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
      label = "x".repeat(Math.floor(at / 10)) + ones[at % 10];
    }
    return `${kind.startsWith("upper") ? label.toUpperCase() : label}.`;
  };
}

/** Return pasted HTML as clean HTML of paragraphs, headings, lists, emphasis and links. */
function cleaned(html) {
  // Copied in an editor like this one; others of its make bring styles and line breaks.
  if (html.includes("data-pm-slice") && !/\sstyle=|<br|<img/i.test(html)) return html;
  // The policy looks at styles and handlers even here; under other names it does not.
  const bare = html.replace(/<style\b[\s\S]*?(<\/style>|$)/gi, "");
  const renamed = bare.replace(/<[a-z][^<>]*>/gi, (tag) =>
    tag.replace(/([\s"'/])(style|on[a-z]+)(\s*=)/gi, "$1data-$2$3"),
  );
  const page = new DOMParser().parseFromString(renamed, "text/html");
  const out = document.createElement("div");
  let pieces = [];
  let sign = "";

  function endLine() {
    const said = pieces.find(({ text }) => text.replace(INVISIBLE, "").trim());
    if (said) {
      let { kind } = said.place;
      const label = sign.trim();
      const text = pieces.map((piece) => piece.text).join("");
      const bullet = said.place.wordItem && !label && text.match(BULLET);
      if (bullet) {
        kind = "ul";
        let length = bullet[0].length;
        for (const piece of pieces) {
          const cut = Math.min(length, piece.text.length);
          piece.text = piece.text.slice(cut);
          length -= cut;
        }
      } else if (label.length === 1 && !/\d/.test(label)) {
        kind = "ul";
      } else if (label) {
        pieces.unshift({ text: `${label} `, place: { marks: {} } });
      }
      write(kind);
      sign = "";
    }
    pieces = [];
  }

  function write(kind) {
    const line = document.createElement(kind === "ul" ? "p" : kind);
    for (const { text, place } of pieces) {
      let node = document.createTextNode(text.replace(INVISIBLE, "").replace(/\s+/g, " "));
      for (const mark of ["em", "strong"]) {
        if (!place.marks[mark]) continue;
        const outer = document.createElement(mark);
        outer.append(node);
        node = outer;
      }
      if (place.marks.href) {
        const link = document.createElement("a");
        link.setAttribute("href", place.marks.href);
        link.append(node);
        node = link;
      }
      line.append(node);
    }
    if (kind !== "ul") {
      out.append(line);
      return;
    }
    if (out.lastChild?.nodeName !== "UL") out.append(document.createElement("ul"));
    const item = document.createElement("li");
    item.append(line);
    out.lastChild.append(item);
  }

  function breakAt(name, place) {
    const isList = name === "UL" || name === "OL" || name === "LI";
    if (isList || (HEADINGS[name] && place.kind !== "ul")) endLine();
    else if (BREAKS.has(name) || HEADINGS[name] || name === "BR") {
      if (place.kind === "p") endLine();
      else pieces.push({ text: " ", place });
    }
  }

  function inside(element, style, around) {
    const name = element.nodeName;
    const place = { ...around, marks: marksOf(element, style, around.marks) };
    if (name === "UL" || name === "OL") {
      const number = name === "OL" ? numbering(element, style) : null;
      return { ...place, kind: "p", bullets: place.bullets || !number, number };
    }
    if (name === "LI") {
      sign = place.number ? place.number(element, style) : "";
      return { ...place, kind: place.bullets || !place.number ? "ul" : "p", number: null };
    }
    if (HEADINGS[name] && place.kind === "p") return { ...place, kind: HEADINGS[name] };
    const isWordItem = style["mso-list"] !== undefined || /MsoListPar/.test(element.className);
    if (name === "P" && place.kind === "p" && isWordItem) {
      sign = "";
      return { ...place, wordItem: true };
    }
    if (place.wordItem && style["mso-list"] === "ignore") return { ...place, wordSign: true };
    return { ...place, verbatim: place.verbatim || name === "PRE" };
  }

  function walk(node, place) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (place.wordSign) sign += node.data;
      else {
        (place.verbatim ? node.data.split("\n") : [node.data]).forEach((text, at) => {
          if (at) breakAt("BR", place);
          pieces.push({ text, place });
        });
      }
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      const style = styleOf(node);
      if (isSilent(node, style)) return;
      breakAt(node.nodeName, place);
      const within = inside(node, style, place);
      node.childNodes.forEach((child) => walk(child, within));
      breakAt(node.nodeName, within);
    }
  }

  page.body.childNodes.forEach((node) => walk(node, { marks: {}, kind: "p" }));
  endLine();
  return out.innerHTML;
}

/** Join the lines of plain text that a PDF or a mail has broken, if its paragraphs stand apart. */
function cleanedText(text) {
  const plain = text.replace(/\r\n?/g, "\n").replace(INVISIBLE, "").replace(/\u00a0/g, " ");
  if (!/\n[ \t]*\n/.test(plain)) return plain;
  return plain.replace(/([^\n])\n(?![\n\s]|[-•–·]\s|\(?\w{1,3}[.)]\s)/g, "$1 ");
}

// ── The editor ───────────────────────────────────────────────────────────────────────────────

let loading;
const editorKit = () => (loading ??= import(new URL(parts.dataset.editor, document.baseURI).href));

/** Return the Tiptap extensions of a field, after what may stand in it. */
function extensions(kit, { kind, keys, decorations }) {
  const { Extension, Mark, wrappingInputRule } = kit;
  const { Plugin } = kit.pm.state;
  const Link = Mark.create({
    name: "link",
    priority: 1000,
    inclusive: false,
    addAttributes: () => ({ href: { default: null } }),
    parseHTML: () => [
      { tag: "a[href]", getAttrs: (link) => isTarget(link.getAttribute("href")) && null },
    ],
    renderHTML: ({ HTMLAttributes }) => ["a", HTMLAttributes, 0],
  });
  const Ours = Extension.create({
    name: "ours",
    addKeyboardShortcuts: () => keys,
    addProseMirrorPlugins: () => [new Plugin({ props: { decorations } })],
  });
  const list = [
    kit.BulletList.extend({
      // Not "* ": many a footnote on Kosovo* begins so.
      addInputRules() {
        return [wrappingInputRule({ find: /^\s*-\s$/, type: this.type })];
      },
    }),
    kit.ListItem.extend({ content: "paragraph" }), // an item is one line; lists do not nest
  ];
  return [
    kit.Document,
    kit.Paragraph,
    kit.Text,
    kit.Bold,
    kit.Italic,
    kit.History,
    Link,
    Ours,
    ...(kind === "block" ? [kit.Heading.configure({ levels: [2, 3] })] : []),
    ...(kind === "inline" ? [] : list),
  ];
}

/** Return the extent of the word in which the cursor stands, or null. */
function wordAround({ $from }) {
  const text = $from.parent.textBetween(0, $from.parent.content.size, undefined, "\ufffc");
  const isWord = (at) => /[\p{L}\p{M}\p{N}’'-]/u.test(text[at] ?? "");
  let [start, end] = [$from.parentOffset, $from.parentOffset];
  while (isWord(start - 1)) start -= 1;
  while (isWord(end)) end += 1;
  return start < end ? { from: $from.start() + start, to: $from.start() + end } : null;
}

/** Return the hidden field that says what a textarea holds, light markup or HTML. */
const formOf = (field) => field.form?.elements[`${field.name}-form`];

class RichText {
  constructor(kit, field) {
    this.field = field;
    this.form = formOf(field);
    this.markup = field.value;
    this.label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
    this.tools = part("[role=toolbar]").cloneNode(true);
    this.kit = kit;
    const kind = field.dataset.rich;
    const area = document.createElement("div");
    area.className = "rich-text-area";
    field.before(this.tools, area);
    this.editor = new kit.Editor({
      element: area,
      content: field.dataset.html,
      injectCSS: false, // the policy refuses it; css/rich_text.css has what is needed
      enableInputRules: ["heading", "bulletList"],
      enablePasteRules: false, // of "Kosovo* … Kosovo*" they would make emphasis
      editorProps: {
        attributes: this.attributes(),
        transformPastedHTML: cleaned,
        transformPastedText: cleanedText,
      },
      extensions: extensions(kit, {
        kind,
        decorations: (state) => this.decorations(state),
        keys: {
          "Mod-k": () => this.open("link"),
          "Shift-Enter": ({ editor }) => editor.commands.keyboardShortcut("Enter"),
          "Alt-F10": () => {
            this.buttons().find((button) => button.tabIndex === 0)?.focus();
            return true;
          },
        },
      }),
      onUpdate: () => this.write(),
      onTransaction: () => this.show(),
    });
    this.html = this.editor.getHTML();
    this.setUpTools(kind);
    const hadFocus = document.activeElement === field;
    field.hidden = true;
    field.required = false; // a hidden field could not say what is wrong; the server does
    this.label?.addEventListener("click", () => this.focus());
    if (hadFocus) this.focus();
    this.show();
  }

  attributes() {
    const { field, label } = this;
    const attributes = {
      class: "rich-text-content",
      role: "textbox",
      "aria-multiline": "true",
      spellcheck: "true",
    };
    if (label) {
      label.id ||= `${field.id}-label`;
      attributes["aria-labelledby"] = label.id;
    }
    for (const name of ["lang", "aria-label", "aria-describedby", "aria-invalid"]) {
      if (field.hasAttribute(name)) attributes[name] = field.getAttribute(name);
    }
    if (field.required) attributes["aria-required"] = "true";
    return attributes;
  }

  /** Tiptap's own focus waits for a frame, in which typed letters would be lost. */
  focus() {
    this.editor.view.focus();
  }

  /** Keep the field in step. What is as it was at first is sent as it came. */
  write() {
    const html = this.editor.getHTML();
    const changed = html !== this.html;
    const empty = this.editor.isEmpty ? "" : html;
    this.field.value = changed ? empty : this.markup;
    this.form.value = changed ? "html" : "markup";
    this.field.dataset.holds = this.form.value;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Colour citations, and the selection while a panel has the focus. */
  decorations({ doc, selection }) {
    const { Decoration, DecorationSet } = this.kit.pm.view;
    const found = [];
    doc.descendants((node, position) => {
      for (const cited of node.isText ? node.text.matchAll(CITATION) : []) {
        const from = position + cited.index;
        const to = from + cited[0].length;
        found.push(Decoration.inline(from, to, { class: "rich-text-citation" }));
      }
    });
    if (this.panel && !selection.empty) {
      found.push(Decoration.inline(selection.from, selection.to, { class: "rich-text-held" }));
    }
    return DecorationSet.create(doc, found);
  }

  // ── The tools ──

  buttons() {
    return [...this.tools.querySelectorAll("button")];
  }

  setUpTools(kind) {
    const without = new Set((this.field.dataset.without ?? "").split(" "));
    if (kind !== "block") ["h2", "h3"].forEach((tool) => without.add(tool));
    if (kind === "inline") without.add("list");
    for (const button of this.buttons()) if (without.has(button.dataset.tool)) button.remove();
    this.buttons().forEach((button, at) => (button.tabIndex = at ? -1 : 0));
    if (this.label) this.tools.setAttribute("aria-describedby", this.label.id);

    this.tools.addEventListener("mousedown", (event) => event.preventDefault()); // keep the focus
    this.tools.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (event.detail) this.focus(); // a mouse; the keyboard stays at the tools
      this.use(button.dataset.tool);
    });
    this.tools.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.focus();
      const buttons = this.buttons();
      const at = buttons.indexOf(document.activeElement);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = buttons.at(to % buttons.length);
      for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
      next.focus();
    });
  }

  use(tool) {
    const chain = this.editor.chain();
    if (tool === "bold") chain.toggleBold().run();
    else if (tool === "italic") chain.toggleItalic().run();
    else if (tool === "h2") chain.toggleHeading({ level: 2 }).run();
    else if (tool === "h3") chain.toggleHeading({ level: 3 }).run();
    else if (tool === "list") chain.toggleBulletList().run();
    else if (this.panel?.dataset.panel === tool) this.close();
    else this.open(tool);
  }

  /** Return the target of the link in which the cursor or the whole selection is, or "". */
  href() {
    return this.editor.isActive("link") ? this.editor.getAttributes("link").href : "";
  }

  /** Show in the tools what holds at the cursor. */
  show() {
    const { editor } = this;
    if (!editor) return; // still being made
    const href = this.href();
    const holds = {
      bold: editor.isActive("bold"),
      italic: editor.isActive("italic"),
      h2: editor.isActive("heading", { level: 2 }),
      h3: editor.isActive("heading", { level: 3 }),
      list: editor.isActive("bulletList"),
      link: href !== "" && !TERM.test(href),
      term: TERM.test(href),
    };
    for (const button of this.buttons()) {
      const { tool } = button.dataset;
      if (tool in holds) button.setAttribute("aria-pressed", holds[tool]);
      if (button.hasAttribute("aria-expanded")) {
        button.setAttribute("aria-expanded", this.panel?.dataset.panel === tool);
      }
    }
  }

  // ── The panels: the address of a link, the list of sources, the glossary ──

  open(name) {
    if (!this.tools.querySelector(`[data-tool="${name}"]`)) return false;
    RichText.opened?.close(false);
    const { editor } = this;
    const href = this.href();
    if (name !== "source" && editor.state.selection.empty) {
      if (href) editor.commands.extendMarkRange("link");
      else {
        const word = wordAround(editor.state.selection);
        if (word) editor.commands.setTextSelection(word);
      }
    }
    this.panel = part(`[data-panel="${name}"]`).cloneNode(true);
    this.tools.after(this.panel);
    RichText.opened = this;
    const input = this.panel.querySelector("input");
    const remove = this.panel.querySelector("[data-do=remove]");
    if (remove) remove.hidden = href === "" || TERM.test(href) !== (name === "term");
    if (name === "link" && !TERM.test(href)) input.value = href;
    if (name !== "source") this.say("nothing", editor.state.selection.empty);

    input.addEventListener("input", () => this.filter(input.value));
    this.panel.addEventListener("keydown", (event) => this.key(event));
    this.panel.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button?.dataset.key) this.choose(button.dataset.key);
      else if (button?.dataset.do === "apply") this.link(input.value);
      else if (button?.dataset.do === "remove") this.mark(null);
      else if (button) this.close();
    });
    this.refresh();
    input.focus();
    input.select();
    return true;
  }

  close(focus = true) {
    this.panel?.remove();
    this.panel = undefined;
    RichText.opened = undefined;
    this.refresh();
    if (focus) this.focus();
  }

  refresh() {
    this.editor.view.dispatch(this.editor.state.tr.setMeta("addToHistory", false));
    this.show();
  }

  say(what, there) {
    const message = this.panel.querySelector(`[data-if="${what}"]`);
    if (message) message.hidden = !there;
  }

  choices() {
    return [...this.panel.querySelectorAll("li:not([hidden]) [data-key]")];
  }

  filter(typed) {
    if (this.panel.dataset.panel === "link") return this.say("wrong", false);
    const folded = (text) =>
      text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "dj");
    const wanted = folded(typed).split(/\s+/);
    for (const button of this.panel.querySelectorAll("[data-key]")) {
      const text = folded(button.textContent);
      button.parentNode.hidden = !wanted.every((word) => text.includes(word));
    }
    return this.say("none", this.choices().length === 0);
  }

  key(event) {
    const input = this.panel.querySelector("input");
    const stops = [input, ...this.choices()];
    const at = stops.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && document.activeElement === input) {
      if (this.panel.dataset.panel === "link") this.link(input.value);
      else if (stops[1]) this.choose(stops[1].dataset.key);
    } else if (to !== undefined && at >= 0) stops[to]?.focus();
    else return;
    event.preventDefault(); // nor send the form
    event.stopPropagation();
  }

  choose(key) {
    if (this.panel.dataset.panel === "source") this.cite(key);
    else this.mark(`term:${key}`);
  }

  link(typed) {
    const address = webAddress(typed);
    this.say("wrong", address === null);
    if (address) this.mark(address);
  }

  /** Make the selection a link, or (null) none. */
  mark(href) {
    const { editor } = this;
    if (editor.state.selection.empty) return this.say("nothing", true);
    const chain = editor.chain();
    if (href) chain.setMark("link", { href }).run();
    else chain.extendMarkRange("link").unsetMark("link").run();
    this.close(false);
    editor.commands.setTextSelection(editor.state.selection.to);
    return this.focus();
  }

  /** Put a citation after the selection, into the citation that stands there if one does. */
  cite(key) {
    const { editor } = this;
    const { $to, to } = editor.state.selection;
    const before = $to.parent.textBetween(0, $to.parentOffset, undefined, "\ufffc");
    const text = $to.parent.textContent;
    const around = [...text.matchAll(CITATION)].find(
      (cited) =>
        cited.index < $to.parentOffset && $to.parentOffset <= cited.index + cited[0].length,
    );
    const insert = around ? `; @${key}` : `${/\S$/.test(before) ? " " : ""}[@${key}]`;
    const at = around ? $to.start() + around.index + around[0].length - 1 : to;
    this.close(false);
    editor.view.dispatch(editor.state.tr.insert(at, editor.schema.text(insert)));
    const end = at + insert.length + (around ? 1 : 0);
    editor.commands.setTextSelection(end);
    this.focus();
  }
}

// ── Beginning ────────────────────────────────────────────────────────────────────────────────

async function mount(field) {
  if (field.dataset.mounting) return;
  field.dataset.mounting = "true";
  waiting.unobserve(field);
  const kit = await editorKit();
  // Whoever has already begun to type light markup goes on with it.
  if (field.value !== field.defaultValue || field.readOnly || field.disabled) return;
  mounted.set(field, new RichText(kit, field));
}

const mounted = new WeakMap();
// A page of the admin has ninety such fields: an editor starts a screen before one sees it.
const waiting = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && mount(entry.target)),
  { rootMargin: "100% 0px" },
);

function start(root) {
  for (const field of root.querySelectorAll("textarea[data-rich]")) {
    const form = formOf(field);
    if (!form || field.name.includes("__prefix__")) continue; // the model of a row to be added
    form.value = "markup"; // whatever a browser remembers from before a reload
    form.autocomplete = "off"; // said here, since HTML does not allow it there
    waiting.observe(field);
    field.addEventListener("focus", () => mount(field), { once: true });
  }
}

/** Lead a link to a field, as in a list of errors, to its editor. */
function follow() {
  const field = document.getElementById(location.hash.slice(1));
  mounted.get(field)?.focus();
}

if (parts) {
  start(document);
  document.addEventListener("formset:added", ({ target }) => start(target));
  window.addEventListener("hashchange", follow);
}
