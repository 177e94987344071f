
"use strict";
(() => {
  // ---- what was found: a pool of texts and of lists of places in it, and rows that point there
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const run = read("run");
  const pool = read("pool");
  const rows = read("rows");
  const words = read("words");
  let pictures = null;
  const [DIR, NAME, CONTAINER, SIZE, OUTCOME, EXIT, USES, STATEMENTS, FINDINGS, CREDENTIAL, CARRIERS,
    MISSING, OUTPUT, PICTURE, CHANGES] = Array(15).keys();
  const SEVERITIES = ["error", "warning", "info"];
  const OUTCOMES = ["unread", "damaged", "conflict", "failed", "refused", "unreserved", "allowed",
    "partial", "text-only", "unsupported", "planned", "written", "unchanged", "reserved"];
  const GOOD = new Set(["reserved", "written", "unchanged", "planned"]);
  const BAD = new Set(["unread", "damaged", "conflict", "failed"]);
  const MOST_PRINTED = 10000;

  // ---- words
  const TEXTS = {
    en: {
      language: "Language", colon: ": ", semicolon: "; ", title: (n) => `Rights reservations: ${n}`, page: "Rights reservations",
      files: ["file", "files"], error: ["error", "errors"], warning: ["warning", "warnings"], info: ["note", "notes"],
      about: "{command}, {when}, in {seconds} s; version {version}",
      expectation: "Policy: {policy}.", skipped: "{files} skipped: no media.",
      stopped: "The run was stopped before its end: files are missing here.",
      totals: "Totals", found: "What was found", all: "Files", query: "Search in names, statements and findings",
      severity: "Severity", rule: "Rule", container: "Container", any: "any", none: "no finding",
      unexpected: "only what is not as expected", reset: "Show all", of: "{shown} of {files}",
      keys: "Enter unfolds a file; the arrow keys, Page Up, Page Down, Home and End go through the files; Escape folds it up.",
      foot: "Made by mediaoptout. This page loads nothing from any network.",
      picture: "Picture", file: "File", size: "Size", outcome: { verify: "Verdict", embed: "Status" },
      credential: "Credential", findings: "Findings", count: "Files", example: "For instance", todo: "What to do",
      statements: "Statements", vocabulary: "Vocabulary", where: "Where", changes: "What would change", before: "Before", after: "After", property: "Property", value: "Value",
      uses: "Uses", carriers: "Carriers", missing: "Could also be said in", output: "Written to", path: "Path",
      signer: "Signed by", signed: "Signed at", stamped: "time-stamped", clock: "by the signer's own clock",
      codes: "Codes", nothing: "none", printed: "Only the first {n} files are printed.",
      words: {
        error: "error", warning: "warning", info: "note", absent: "none", none: "",
        data_mining: "text and data mining", ai_training: "AI training",
        generative_ai_training: "generative AI training", ai_inference: "input to AI models",
        search: "search indexing",
      },
      meanings: {
        reserved: "all expected uses, for machines to read", partial: "only some of the expected uses",
        "text-only": "in natural language only", conflict: "reserved and allowed at once",
        allowed: "the expected uses are allowed", unreserved: "nothing is said",
        damaged: "a block cannot be read", unsupported: "a kind of file that is not dealt with",
        unread: "could not be read", written: "a new file was made", planned: "dry run",
        unchanged: "says exactly this already", refused: "could be written, but should not be",
        failed: "could not be written",
      },
    },
    fr: {
      language: "Langue", colon: "\u00a0: ", semicolon: "\u202f; ", title: (n) => `Réserves de droits\u00a0: ${n}`, page: "Réserves de droits",
      files: ["fichier", "fichiers"], error: ["erreur", "erreurs"],
      warning: ["avertissement", "avertissements"], info: ["remarque", "remarques"],
      about: "{command}, {when}, en {seconds} s\u202f; version {version}",
      expectation: "Politique\u00a0: {policy}.", skipped: "{files} hors médias\u00a0: laissés de côté.",
      stopped: "L’exécution a été arrêtée avant la fin\u00a0: il manque des fichiers ici.",
      totals: "Totaux", found: "Constats", all: "Fichiers", query: "Chercher dans les noms, déclarations et constats",
      severity: "Gravité", rule: "Règle", container: "Conteneur", any: "tout", none: "aucun constat",
      unexpected: "seulement ce qui n’est pas conforme", reset: "Tout afficher", of: "{shown} sur {files}",
      keys: "Entrée déplie un fichier\u202f; les flèches, Page préc., Page suiv., Début et Fin parcourent les fichiers\u202f; Échap replie.",
      foot: "Fait par mediaoptout. Cette page ne charge rien d’aucun réseau.",
      picture: "Image", file: "Fichier", size: "Taille", outcome: { verify: "Verdict", embed: "État" },
      credential: "Certificat C2PA", findings: "Constats", count: "Fichiers", example: "Par exemple", todo: "Que faire",
      statements: "Déclarations", vocabulary: "Vocabulaire", where: "Emplacement", changes: "Ce qui changerait", before: "Avant", after: "Après", property: "Propriété", value: "Valeur",
      uses: "Usages", carriers: "Supports", missing: "Pourrait aussi être dit dans", output: "Écrit dans", path: "Chemin",
      signer: "Signé par", signed: "Signé le", stamped: "horodaté", clock: "selon l’horloge du signataire",
      codes: "Codes", nothing: "aucun", printed: "Seuls les {n} premiers fichiers sont imprimés.",
      words: {
        error: "erreur", warning: "avertissement", info: "remarque", absent: "aucun", none: "",
        reserved: "réservé", partial: "partiel", "text-only": "texte seul", conflict: "contradiction",
        allowed: "autorisé", unreserved: "non réservé", damaged: "endommagé", unsupported: "non pris en charge",
        unread: "illisible", written: "écrit", planned: "prévu", unchanged: "inchangé", refused: "refusé",
        failed: "échec", constrained: "sous conditions", unstated: "non dit", intact: "intact", broken: "rompu",
        unchecked: "non vérifié", trusted: "de confiance", untrusted: "sans garant", expired: "expiré",
        revoked: "révoqué", data_mining: "fouille de textes et de données", ai_training: "entraînement d’IA",
        generative_ai_training: "entraînement d’IA générative", ai_inference: "entrée d’un modèle d’IA",
        search: "indexation pour la recherche", verify: "vérification", embed: "inscription",
      },
      meanings: {
        reserved: "tous les usages attendus, lisible par machine", partial: "une partie des usages attendus",
        "text-only": "en langue naturelle seulement", conflict: "à la fois réservé et autorisé",
        allowed: "les usages attendus sont autorisés", unreserved: "rien n’est dit",
        damaged: "un bloc est illisible", unsupported: "un type de fichier qui n’est pas traité",
        unread: "n’a pas pu être lu", written: "un nouveau fichier a été fait", planned: "essai à blanc",
        unchanged: "le dit déjà exactement", refused: "pourrait être écrit, mais ne devrait pas l’être",
        failed: "n’a pas pu être écrit",
      },
    },
  };
  let lang = "en";
  let texts = TEXTS.en;
  const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const word = (key) => texts.words[key] ?? TEXTS.en.words[key] ?? key.replaceAll("_", " ");
  const number = (value) => value.toLocaleString(lang);
  const several = (count, key) => `${number(count)} ${texts[key][(lang === "fr" ? count < 2 : count === 1) ? 0 : 1]}`;
  const some = (count) => several(count, "files");
  const bytes = (value) => {
    if (value < 0) return "";
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    let power = 0;
    while (value >= 1000 && power < 4) { value /= 1000; power += 1; }
    return value.toLocaleString(lang, { style: "unit", unit: units[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: power ? 1 : 0 });
  };
  // What would steer the reader's eye is spelt out: controls, directions, invisible characters.
  const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  const meaning = (rule) => (Object.hasOwn(words[lang], rule) ? words[lang][rule] : "");
  const safe = (text) => text.replace(HIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const lines = (text) => text.split(/\r?\n/).map(safe).join("\n");

  // ---- elements
  const at = (id) => document.getElementById(id);
  const make = (tag, given = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(given)) {
      if (key === "onclick") node.addEventListener("click", value);
      else if (value !== null) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const spoken = (place) => make("bdi", {}, ...pieces(place).map(([text, foreign]) =>
    (foreign ? make("span", { lang: "en" }, lines(text)) : lines(text))));
  const tone = (outcome) => (GOOD.has(outcome) ? "good" : BAD.has(outcome) ? "bad" : "odd");
  const severityTone = (severity) => ({ error: "bad", warning: "odd", info: "" })[severity];

  // ---- what filters and sorts need, once
  const list = (place) => (place < 0 ? [] : pool[place]);
  // A sentence of ours is a template, of which there is one in each language, and values: texts, or
  // sentences again. Its pieces are pairs: a text, and whether that is in English whatever the page is.
  const isSentence = (entry) => typeof entry !== "string" && entry[0] < 0;
  function pieces(place, kind = "said") {
    const entry = pool[place];
    if (!entry) return [];
    if (!isSentence(entry)) return [[SHOWN[kind]?.(entry) ?? entry, kind === "said" && lang !== "en"]];
    const template = words.said[-1 - entry[0]][lang === "en" ? 0 : 1].split(/\{(\d+)(?::(\w+))?\}/);
    const found = [];
    for (let at = 0; at < template.length; at += 3) {
      found.push([template[at], false]);
      if (at + 1 < template.length) found.push(...pieces(entry[Number(template[at + 1]) + 1], template[at + 2] ?? ""));
    }
    return found;
  }
  const SHOWN = {
    number: (text) => text.replaceAll(",", "\u202f").replace(".", ","),
    quoted: (text) => text.replace(/^(['"])(.*)\1$/s, "\u00ab\u00a0$2\u00a0\u00bb"),
  };
  const sentence = (place) => pieces(place).map(([text]) => text).join("");
  const pathOf = (row) => pool[row[DIR]] + pool[row[NAME]];
  const findingsOf = (row) => list(row[FINDINGS]).map((place) => {
    const [rule, severity, message, fix] = pool[place];
    return { rule: pool[rule], severity: pool[severity], message, fix };
  });
  const paths = rows.map(pathOf);
  const small = paths.map((path) => path.toLowerCase());
  const weights = new Map(); // of a list of findings: how many of each severity, and their rules
  const weigh = (place) => {
    let weight = weights.get(place);
    if (!weight) {
      weight = { error: 0, warning: 0, info: 0, rules: new Set() };
      for (const item of list(place)) {
        const [rule, severity] = pool[item].map((part) => pool[part]);
        weight[severity] += 1;
        weight.rules.add(rule);
      }
      weights.set(place, weight);
    }
    return weight;
  };
  const rank = new Uint32Array(rows.length);
  {
    const compare = new Intl.Collator(undefined, { numeric: true }).compare;
    const order = small.map((_, index) => index);
    order.sort((a, b) => compare(small[a], small[b]) || (paths[a] < paths[b] ? -1 : 1));
    order.forEach((row, place) => { rank[row] = place; });
  }
  const credentialOf = (row) => (row[CREDENTIAL] < 0 ? "" : pool[list(row[CREDENTIAL])[0]]);
  const KEYS = {
    file: () => rank,
    container: () => byWord((row) => pool[row[CONTAINER]]),
    size: () => rows.map((row) => row[SIZE]),
    outcome: () => rows.map((row) => OUTCOMES.indexOf(pool[row[OUTCOME]])),
    credential: () => byWord(credentialOf),
    findings: () => rows.map((row) => {
      const weight = weigh(row[FINDINGS]);
      return -(weight.error * 1e6 + weight.warning * 1e3 + weight.info);
    }),
  };
  function byWord(of) {
    const found = rows.map(of);
    const places = new Map([...new Set(found)].sort().map((text, place) => [text, place]));
    return found.map((text) => places.get(text));
  }
  const keys = new Map();
  const orders = new Map();
  function ordered(column, down) {
    const name = `${column} ${down}`;
    if (!orders.has(name)) {
      if (!keys.has(column)) keys.set(column, KEYS[column]());
      const key = keys.get(column);
      const sign = down ? -1 : 1;
      const order = Uint32Array.from(rows.keys());
      order.sort((a, b) => sign * (key[a] - key[b]) || rank[a] - rank[b]);
      orders.set(name, order);
    }
    return orders.get(name);
  }
  let lower = null; // the pool's texts and sentences in lower case, as they are shown
  function matches(query) {
    // Lists come after what they point to, so one pass says which of them hold the text.
    lower ??= pool.map((entry, place) => (typeof entry === "string" ? entry.toLowerCase()
      : isSentence(entry) ? sentence(place).toLowerCase() : null));
    const hit = new Uint8Array(pool.length);
    for (let place = 0; place < pool.length; place += 1) {
      const text = lower[place];
      if (text !== null) hit[place] = text.includes(query) ? 1 : 0;
      else for (const part of pool[place]) if (hit[part]) { hit[place] = 1; break; }
    }
    return (index) => {
      const row = rows[index];
      return small[index].includes(query) || hit[row[FINDINGS]] || hit[row[STATEMENTS]]
        || (row[CREDENTIAL] >= 0 && hit[row[CREDENTIAL]]);
    };
  }

  // ---- what is shown
  const state = { outcomes: new Set(), column: "file", down: false, open: -1 };
  let shown = [];
  function select() {
    const query = at("query").value.trim().toLowerCase();
    const severity = at("severity").value;
    const rule = at("rule").value;
    const container = at("container").value;
    const unexpected = at("unexpected").checked;
    const said = query ? matches(query) : null;
    const found = [];
    for (const index of ordered(state.column, state.down)) {
      const row = rows[index];
      if (state.outcomes.size && !state.outcomes.has(pool[row[OUTCOME]])) continue;
      if (unexpected && row[EXIT] === 0) continue;
      if (container && pool[row[CONTAINER]] !== container) continue;
      if (severity || rule) {
        const weight = weigh(row[FINDINGS]);
        if (severity === "-" ? weight.rules.size : severity && !weight[severity]) continue;
        if (rule && !weight.rules.has(rule)) continue;
      }
      if (said && !said(index)) continue;
      found.push(index);
    }
    shown = found;
  }
  function update() {
    select();
    at("count").textContent = say("of", { shown: number(shown.length), files: some(rows.length) });
    for (const button of at("totals").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", state.outcomes.has(button.dataset.outcome));
    }
    if (!shown.includes(state.open)) state.open = -1;
    at("scroll").scrollTop = 0;
    draw(true);
  }

  // ---- the table: only the rows in sight are in the document
  const scroll = at("scroll");
  const table = at("files");
  const body = table.tBodies[0];
  const COLUMNS = ["file", "container", "size", "outcome", "credential", "findings"]
    .filter((column) => column !== "credential" || run.command === "verify");
  const hasPictures = rows.some((row) => row[PICTURE] >= 0);
  const width = COLUMNS.length + (hasPictures ? 1 : 0);
  let height = 37;
  let unfolded = 0;
  let live = new Map();
  function head() {
    const cells = COLUMNS.map((column) => {
      const label = column === "outcome" ? texts.outcome[run.command] : texts[column];
      const mine = state.column === column;
      const sort = mine ? (state.down ? "descending" : "ascending") : null;
      const mark = mine ? (state.down ? " ▼" : " ▲") : "";
      return make("th", { scope: "col", class: `c-${column}`, "aria-sort": sort },
        make("button", { type: "button", "data-column": column, onclick: () => sortBy(column) },
          label, make("span", { "aria-hidden": "true" }, mark)));
    });
    if (hasPictures) cells.unshift(make("th", { scope: "col", class: "c-picture" }, texts.picture));
    table.tHead.replaceChildren(make("tr", { "aria-rowindex": "1" }, ...cells));
    table.classList.toggle("pictures", hasPictures);
  }
  function sortBy(column) {
    state.down = state.column === column && !state.down;
    state.column = column;
    head();
    update();
    table.tHead.querySelector(`[data-column="${column}"]`).focus({ preventScroll: true });
  }
  function draw(anew) {
    if (anew) {
      live = new Map();
      table.setAttribute("aria-rowcount", shown.length + 1);
    }
    const open = shown.indexOf(state.open);
    const seen = scroll.clientHeight || 600;
    const top = scroll.scrollTop;
    const below = open >= 0 && top > (open + 1) * height ? unfolded : 0;
    const first = Math.max(0, Math.min(Math.floor((top - below) / height) - 10, shown.length - 1));
    const last = Math.min(shown.length, first + Math.ceil(seen / height) + 22);
    const wanted = [space("before", first * height + (open >= 0 && open < first ? unfolded : 0))];
    for (let place = first; place < last; place += 1) {
      wanted.push(line(place));
      if (place === open) wanted.push(live.get("detail") ?? keep("detail", detail(rows[shown[place]])));
    }
    wanted.push(space("after", (shown.length - last) * height + (open >= last ? unfolded : 0)));
    put(wanted);
    if (scroll.scrollTop !== top) scroll.scrollTop = top; // it was shorter for a moment
    const row = body.querySelector(".row");
    if (row && anew) {
      const real = row.getBoundingClientRect().height;
      if (real && Math.abs(real - height) > 0.01) { height = real; draw(false); }
    }
    const detailed = live.get("detail");
    if (detailed?.isConnected) unfolded = detailed.getBoundingClientRect().height;
  }
  function put(wanted) {
    const stay = new Set(wanted);
    const held = document.activeElement;
    for (const node of [...body.children]) {
      if (!stay.has(node)) {
        if (node.contains(held)) scroll.focus({ preventScroll: true });
        node.remove();
      }
    }
    wanted.forEach((node, place) => {
      if (body.children[place] !== node) body.insertBefore(node, body.children[place] ?? null);
    });
  }
  const keep = (key, node) => { live.set(key, node); return node; };
  function space(key, size) {
    const node = live.get(key) ?? keep(key, make("tr", { class: "space", "aria-hidden": "true" },
      make("td", { colspan: width })));
    node.firstChild.style.height = `${size}px`;
    node.hidden = size === 0;
    return node;
  }
  function line(place) {
    const key = shown[place];
    return live.get(key) ?? keep(key, rowOf(key, place));
  }
  function rowOf(index, place) {
    const row = rows[index];
    const outcome = pool[row[OUTCOME]];
    const weight = weigh(row[FINDINGS]);
    const path = safe(paths[index]);
    const parts = {
      file: make("th", { scope: "row", class: "c-file", title: path },
        make("button", { type: "button", "aria-expanded": index === state.open, "data-index": index,
          onclick: () => unfold(index) }, make("bdi", { class: "dir" }, safe(pool[row[DIR]])),
        make("bdi", { class: "name" }, safe(pool[row[NAME]])))),
      container: make("td", { class: "c-container" }, pool[row[CONTAINER]]),
      size: make("td", { class: "c-size number" }, bytes(row[SIZE])),
      outcome: make("td", { class: `c-outcome ${tone(outcome)}` }, word(outcome)),
      credential: make("td", { class: "c-credential" }, row[CREDENTIAL] < 0 ? "" : trusted(row)),
      findings: make("td", { class: "c-findings" }, ...counted(weight)),
    };
    const cells = COLUMNS.map((column) => parts[column]);
    if (hasPictures) cells.unshift(make("td", { class: "c-picture" }, ...picture(row)));
    return make("tr", { class: "row", "aria-rowindex": place + 2 }, ...cells);
  }
  function trusted(row) {
    const [integrity, trust] = list(row[CREDENTIAL]).map((part) => pool[part]);
    return [word(integrity), word(trust)].filter(Boolean).join(", ");
  }
  function counted(weight) {
    const told = SEVERITIES.filter((severity) => weight[severity]);
    return told.flatMap((severity, place) => [place ? ", " : "",
      make("span", { class: severityTone(severity) }, several(weight[severity], severity))]);
  }
  function picture(row) {
    if (row[PICTURE] < 0) return [];
    pictures ??= read("pictures");
    return [make("img", { src: `data:image/jpeg;base64,${pictures[row[PICTURE]]}`, alt: "" })];
  }
  function unfold(index) {
    const before = state.open;
    state.open = before === index ? -1 : index;
    live.delete("detail");
    unfolded = 0;
    for (const key of [before, state.open]) {
      live.get(key)?.querySelector("button").setAttribute("aria-expanded", key === state.open);
    }
    draw(false);
  }
  function go(place) {
    const wanted = Math.max(0, Math.min(place, shown.length - 1));
    const open = shown.indexOf(state.open);
    const top = wanted * height + (open >= 0 && open < wanted ? unfolded : 0);
    const headed = table.tHead.getBoundingClientRect().height;
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    else if (top + height + headed > scroll.scrollTop + scroll.clientHeight) {
      scroll.scrollTop = top + height + headed - scroll.clientHeight;
    }
    draw(false);
    live.get(shown[wanted])?.querySelector("button").focus({ preventScroll: true });
  }
  scroll.addEventListener("keydown", (event) => {
    const index = event.target.dataset?.index;
    if (index === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const place = shown.indexOf(Number(index));
    const page = Math.max(1, Math.floor(scroll.clientHeight / height) - 2);
    const goal = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page,
      Home: 0, End: shown.length - 1 }[event.key];
    if (goal !== undefined) { event.preventDefault(); go(goal); }
    if (event.key === "Escape" && state.open >= 0) unfold(state.open);
  });
  scroll.addEventListener("scroll", () => draw(false), { passive: true });
  window.addEventListener("resize", () => draw(true));

  // ---- one file, unfolded
  function detail(row) {
    const cell = make("td", { colspan: width });
    const facts = [[texts.path, safe(pathOf(row))]];
    if (row[OUTPUT] >= 0) facts.push([texts.output, safe(pool[row[OUTPUT]])]);
    const uses = pairs(row[USES]);
    if (uses.length) facts.push([texts.uses, permitted(uses)]);
    if (row[CREDENTIAL] >= 0) facts.push(...credential(row));
    const carriers = list(row[CARRIERS]).map((part) => pool[part]);
    if (carriers.length) facts.push([texts.carriers, carriers.join(", ")]);
    const missing = list(row[MISSING]).map((part) => pool[part]);
    if (missing.length) facts.push([texts.missing, missing.join(", ")]);
    cell.append(make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, make("bdi", {}, value))])));
    const findings = findingsOf(row);
    if (findings.length) cell.append(make("h3", {}, texts.findings), told(findings));
    const changes = list(row[CHANGES]).map((place) => pool[place]);
    if (changes.length) cell.append(make("h3", {}, texts.changes), changed(changes));
    const statements = list(row[STATEMENTS]).map((place) => pool[place]);
    if (run.command === "verify" && row[EXIT] !== 3) {
      cell.append(make("h3", {}, texts.statements), statements.length ? stated(statements) : make("p", {}, texts.nothing));
    }
    return make("tr", { class: "detail" }, cell);
  }
  const pairs = (place) => {
    const parts = list(place).map((part) => pool[part]);
    return parts.flatMap((part, index) => (index % 2 ? [] : [[part, parts[index + 1]]]));
  };
  const permitted = (uses) => uses.map((pair) => pair.map(word).join(texts.colon)).join(texts.semicolon);
  function credential(row) {
    const [, , signer, signed, stamped, codes] = list(row[CREDENTIAL]).map((part) => pool[part]);
    const facts = [[texts.credential, trusted(row)]];
    if (signer) facts.push([texts.signer, safe(signer)]);
    if (signed) facts.push([texts.signed, `${safe(signed)}, ${stamped ? texts.stamped : texts.clock}`]);
    if (codes.length) facts.push([texts.codes, make("span", { lang: "en" }, codes.map((part) => safe(pool[part])).join(", "))]);
    return facts;
  }
  function told(findings) {
    return make("ul", { class: "findings" }, ...findings.map(({ rule, severity, message, fix }) => make("li", {},
      make("strong", { class: severityTone(severity) }, word(severity)), " ",
      make("span", { class: "code" }, safe(rule)), texts.colon,
      // A sentence that is not ours stays in English; then the rule says what it is about.
      ...(lang !== "en" && !isSentence(pool[message]) && meaning(rule) ? [meaning(rule), make("br")] : []),
      spoken(message),
      ...(pool[fix] ? [make("br"), texts.todo, texts.colon, spoken(fix)] : []))));
  }
  function stated(statements) {
    const names = ["vocabulary", "where", "property", "value", "uses"];
    const said = statements.map((statement) => {
      const [vocabulary, carrier, location, property, value] = statement.slice(0, 5).map((part) => pool[part]);
      const uses = permitted(pairs(statement[5]));
      return make("tr", {}, make("td", {}, vocabulary),
        make("td", {}, make("bdi", {}, safe(location)), ` (${carrier})`),
        make("td", { class: "code" }, make("bdi", {}, safe(property))),
        make("td", { class: "text" }, make("bdi", {}, lines(value))), make("td", {}, uses));
    });
    return make("table", {}, make("thead", {}, make("tr", {},
      ...names.map((name) => make("th", { scope: "col" }, texts[name])))), make("tbody", {}, ...said));
  }

  function changed(changes) {
    const names = ["where", "property", "before", "after"];
    const told = (place) => make("bdi", {}, ...pieces(place, "").map(([text]) => lines(text)));
    const said = changes.map(([carrier, location, property, before, after]) => make("tr", {},
      make("td", {}, make("bdi", {}, safe(pool[location])), ` (${pool[carrier]})`),
      make("td", { class: "code" }, told(property)),
      make("td", { class: "text" }, told(before)),
      make("td", { class: "text" }, told(after))));
    return make("table", {}, make("thead", {}, make("tr", {},
      ...names.map((name) => make("th", { scope: "col" }, texts[name])))), make("tbody", {}, ...said));
  }

  // ---- totals and rules
  function totals() {
    const numbers = new Map();
    for (const row of rows) numbers.set(pool[row[OUTCOME]], (numbers.get(pool[row[OUTCOME]]) ?? 0) + 1);
    const there = [...numbers].sort((a, b) => b[1] - a[1]);
    at("totals").replaceChildren(...there.map(([outcome, count]) => make("li", {},
      make("button", { type: "button", "data-outcome": outcome, class: tone(outcome),
        "aria-pressed": state.outcomes.has(outcome), onclick: () => toggle(outcome) },
      make("span", { class: "number" }, number(count)), " ", make("span", { class: "word" }, word(outcome)), " ",
      make("span", { class: "meaning" }, texts.meanings[outcome] ?? "")))));
  }
  function toggle(outcome) {
    if (!state.outcomes.delete(outcome)) state.outcomes.add(outcome);
    update();
  }
  const found = new Map(); // by rule: severity, number of files, an example
  {
    const times = new Map();
    for (const row of rows) times.set(row[FINDINGS], (times.get(row[FINDINGS]) ?? 0) + 1);
    for (const [place, count] of times) {
      const counted = new Set();
      for (const item of list(place)) {
        const [rule, severity] = pool[item].map((part) => pool[part]);
        const [, , message, fix] = pool[item];
        const key = `${severity} ${rule}`;
        const entry = found.get(key) ?? { rule, severity, message, fix, count: 0 };
        if (!counted.has(key)) entry.count += count;
        counted.add(key);
        found.set(key, entry);
      }
    }
  }
  const rules = [...found.values()].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
    || b.count - a.count || (a.rule < b.rule ? -1 : 1));
  function ruleTable() {
    at("rules-section").hidden = rules.length === 0;
    const names = [texts.severity, texts.rule, texts.count, texts.example, texts.todo];
    at("rules").tHead.replaceChildren(make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name))));
    at("rules").tBodies[0].replaceChildren(...rules.map((entry) => make("tr", {},
      make("td", { class: severityTone(entry.severity) }, word(entry.severity)),
      make("th", { scope: "row" }, make("button", { type: "button", class: "code", onclick: () => only(entry) }, safe(entry.rule)),
        make("span", { class: "meaning" }, meaning(entry.rule))),
      make("td", { class: "number" }, number(entry.count)),
      make("td", {}, spoken(entry.message)), make("td", {}, spoken(entry.fix)))));
  }
  function only(entry) {
    clear();
    at("rule").value = entry.rule;
    at("severity").value = entry.severity;
    update();
    at("count").scrollIntoView({ block: "nearest" });
  }
  function clear() {
    at("filters").reset();
    state.outcomes.clear();
  }
  function options(id, first, choices) {
    const chosen = at(id).value;
    at(id).replaceChildren(make("option", { value: "" }, first),
      ...choices.map(([value, label]) => make("option", { value }, label)));
    at(id).value = chosen;
  }

  // ---- everything that has words
  function write() {
    texts = TEXTS[lang];
    document.documentElement.lang = lang;
    document.title = texts.page;
    at("lang").value = lang;
    at("lang-label").textContent = texts.language;
    at("title").textContent = texts.title(some(rows.length));
    const when = new Date(run.started).toLocaleString(lang, { dateStyle: "long", timeStyle: "short" });
    const about = [say("about", { command: word(run.command), when, seconds: number(Math.round(run.seconds * 10) / 10), version: run.version })];
    if (run.policy) about.push(say("expectation", { policy: safe(run.policy) }));
    if (run.skipped) about.push(say("skipped", { files: some(run.skipped) }));
    at("about").textContent = about.join(". ").replace(/\.\. /g, ". ");
    at("stopped").hidden = run.complete;
    at("stopped").textContent = texts.stopped;
    at("totals-title").textContent = texts.totals;
    at("rules-title").textContent = texts.found;
    at("files-title").textContent = texts.all;
    for (const id of ["query", "severity", "rule", "container", "unexpected"]) {
      document.querySelector(`label[for="${id}"]`).textContent = texts[id];
    }
    at("everything").textContent = texts.reset;
    at("keys").textContent = texts.keys;
    at("foot").textContent = texts.foot;
    options("severity", texts.any, [...SEVERITIES.map((item) => [item, word(item)]), ["-", texts.none]]);
    options("rule", texts.any, [...new Set(rules.map((entry) => entry.rule))].sort().map((rule) => [rule, safe(rule)]));
    options("container", texts.any, [...new Set(rows.map((row) => pool[row[CONTAINER]]))].filter(Boolean).sort().map((name) => [name, name]));
    totals();
    ruleTable();
    head();
    update();
  }

  // ---- printing shows every file, with its findings
  function print() {
    const some = shown.slice(0, MOST_PRINTED);
    const wanted = some.flatMap((index, place) => {
      const findings = findingsOf(rows[index]);
      const row = rowOf(index, place);
      return findings.length ? [row, make("tr", {}, make("td", { colspan: width }, told(findings)))] : [row];
    });
    if (some.length < shown.length) {
      wanted.push(make("tr", {}, make("td", { colspan: width }, say("printed", { n: number(MOST_PRINTED) }))));
    }
    body.replaceChildren(...wanted);
  }
  window.addEventListener("beforeprint", print);
  window.addEventListener("afterprint", () => draw(true));

  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("input", update);
  at("filters").addEventListener("reset", () => { state.outcomes.clear(); setTimeout(update); });
  at("lang").addEventListener("change", () => { lang = at("lang").value; lower = null; write(); });
  lang = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => tag in TEXTS) ?? "en";
  write();
})();
