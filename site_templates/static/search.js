"use strict";
// Search over index files that are loaded as scripts, so that it works from the disk, where fetch does not.
const catalogSearch = (() => {
  const RISKS = ["low", "medium", "high", "critical"];
  const CATEGORIES = ["Read", "Write", "Destructive"];
  const CAPABILITIES = ["execute", "financial", "communicate", "access_control", "private_data", "untrusted_content"];
  const STOP = new Set("a an and are as at be by for from in is it of on or that the this to with you your".split(" "));
  const SHOWN = 50;
  const FIRST = 12; // shown at once; the others when their files have come
  const files = new Map();
  const held = { head: null, words: new Map(), marks: new Map(), documents: new Map() };

  const load = (path) => {
    if (!files.has(path)) {
      files.set(path, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = `search/${path}.js`;
        script.onload = () => { script.remove(); resolve(true); };
        script.onerror = () => { script.remove(); resolve(false); };
        document.head.append(script);
      }));
    }
    return files.get(path);
  };

  const wordsOf = (text) => {
    const found = [];
    for (const raw of text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_a-zA-Z]+|[^\x00-\x7f]+/gu) || []) {
      const word = raw.toLowerCase();
      if (/^[\x00-\x7f]+$/.test(word)) {
        if (word.length > 1 && !STOP.has(word)) found.push(word.slice(0, 30));
      } else if (word.codePointAt(0) < 0x2e80) found.push(word.slice(0, 30));
      else for (let i = 0; i < Math.max(1, word.length - 1); i += 1) found.push(word.slice(i, i + 2));
    }
    return [...new Set(found)];
  };

  const fileOf = (word) => {
    const head = [...word].slice(0, 2).join("");
    return /^[a-z0-9]+$/.test(head) ? head : [...head].map((c) => c.codePointAt(0).toString(16)).join("-");
  };

  // Calls `see` with each number of an ascending list, written as differences in base 36.
  const eachOf = (text, see) => {
    let last = 0;
    let gap = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code === 32) { last += gap; gap = 0; see(last); } else gap = gap * 36 + (code < 58 ? code - 48 : code - 87);
    }
    if (text) see(last + gap);
  };

  // For each document of a part how well a word, or the beginning of one, fits it; 0 where it does not.
  const scoresOf = (part, word, count) => {
    const scores = new Uint8Array(count);
    const add = (text, weight) => eachOf(text, (id) => { if (scores[id] < weight) scores[id] = weight; });
    for (const [candidate, lists] of Object.entries(held.words.get(`${part}/${fileOf(word)}`) || {})) {
      if (!candidate.startsWith(word)) continue;
      const [strong, weak] = lists.split("|");
      const exact = candidate === word ? 2 : 1;
      add(weak, exact);
      add(strong, 4 * exact);
    }
    return scores;
  };

  const passes = (marks, id, filters) => {
    if (!filters.any) return true;
    const mark = marks.slice(id * 3, id * 3 + 3);
    if (mark === "~~~" || mark.length < 3) return false;
    const first = parseInt(mark[0], 36);
    const capabilities = parseInt(mark[1], 36) * 8 + parseInt(mark[2], 36);
    return (!filters.risks.length || filters.risks.includes(Math.floor(first / 6)))
      && (!filters.categories.length || filters.categories.includes(Math.floor((first % 6) / 2)))
      && filters.capabilities.every((bit) => capabilities & (1 << bit));
  };

  // A hit is one number, so that sorting many is fast: best score first, then highest risk, part and place.
  const PLACES = 2 ** 20;
  const hitOf = (score, risk, part, id) => (((4095 - score) * 8 + 4 - risk) * 1024 + part) * PLACES + id;
  const placeOf = (hit) => [Math.floor(hit / PLACES) % 1024, hit % PLACES];

  const findIn = (part, words, filters) => {
    const marks = held.marks.get(part) || "";
    const count = marks.length / 3;
    const tables = words.map((word) => scoresOf(part, word, count));
    const hits = [];
    for (let id = 0; id < count; id += 1) {
      let score = 0;
      let all = true;
      for (const table of tables) {
        if (!table[id]) { all = false; break; }
        score += table[id];
      }
      if (!all || !passes(marks, id, filters)) continue;
      const first = marks[id * 3];
      hits.push(hitOf(score, first === "~" ? 4 : Math.floor(parseInt(first, 36) / 6), part, id));
    }
    return hits;
  };

  const documentsOf = async (hits) => {
    const chunk = held.head.chunk;
    const places = Array.from(hits, placeOf);
    await Promise.all(places.map(([part, id]) => load(`${part}/d${Math.floor(id / chunk)}`)));
    return places
      .map(([part, id]) => (held.documents.get(`${part}/${Math.floor(id / chunk)}`) || [])[id % chunk])
      .filter(Boolean);
  };

  const search = async (text, filters) => {
    await load("head");
    if (!held.head) return null;
    const words = wordsOf(text);
    if (!words.length && !filters.any) return { total: 0, hits: new Float64Array(), words };
    const parts = [...Array(held.head.parts).keys()];
    await Promise.all(parts.flatMap((part) => [
      load(`${part}/marks`),
      ...words.map((word) => load(`${part}/w-${fileOf(word)}`)),
    ]));
    const hits = Float64Array.from(parts.flatMap((part) => findIn(part, words, filters))).sort();
    return { total: hits.length, hits, words };
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const row = ([name, server, path, risk, category, description]) => {
    const item = element("li");
    const first = element("p");
    const link = element("a", "mono", name);
    link.href = path;
    const label = risk ? `${risk[0].toUpperCase()}${risk.slice(1)}` : "Not labelled";
    first.append(link, " ", element("span", `badge risk-${risk || "unknown"}`, label), " ");
    if (category) first.append(element("span", "tag", category), " ");
    first.append(element("span", "muted", server));
    item.append(first);
    if (description) item.append(element("p", "untrusted", description));
    return item;
  };

  const start = () => {
    const form = document.getElementById("search");
    if (!form) return;
    const field = document.getElementById("q");
    const state = document.getElementById("search-state");
    const list = document.getElementById("results");
    const address = new URLSearchParams(location.search);
    field.value = address.get("q") || "";
    for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = address.getAll(box.name).includes(box.value);
    let turn = 0;
    const chosen = (name, names) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((b) => names.indexOf(b.value));
    const run = async () => {
      const mine = (turn += 1);
      const filters = {
        risks: chosen("risk", RISKS), categories: chosen("category", CATEGORIES), capabilities: chosen("capability", CAPABILITIES),
      };
      filters.any = filters.risks.length + filters.categories.length + filters.capabilities.length > 0;
      const began = performance.now();
      const found = await search(field.value, filters);
      if (mine !== turn) return;
      const first = found ? await documentsOf(found.hits.slice(0, FIRST)) : [];
      if (mine !== turn) return;
      list.replaceChildren(...first.map(row));
      if (!found) state.textContent = "The search index could not be loaded.";
      else if (!found.words.length && !filters.any) state.textContent = "";
      else if (!found.total) state.textContent = "Nothing found. A tool that is not here has not been read; that does not make it safe.";
      else state.textContent = `${found.total} tool${found.total === 1 ? "" : "s"}${found.total > SHOWN ? `, the best ${SHOWN} shown` : ""}`;
      state.dataset.ms = String(Math.round(performance.now() - began));
      state.dataset.turn = String(mine);
      const next = new URLSearchParams(new FormData(form));
      if (!field.value) next.delete("q");
      const rest = found ? documentsOf(found.hits.slice(FIRST, SHOWN)) : Promise.resolve([]);
      rest.then((documents) => { if (mine === turn) list.append(...documents.map(row)); });
      try { history.replaceState(null, "", `${location.pathname}${next.size ? `?${next}` : ""}`); } catch { /* some clients refuse it from the disk */ }
    };
    let waiting = 0;
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(run, 60); });
    list.addEventListener("keydown", (event) => {
      const links = [...list.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const next = step && links[links.indexOf(document.activeElement) + step];
      if (step) { event.preventDefault(); (next || field).focus(); }
    });
    field.addEventListener("keydown", (event) => {
      const first = list.querySelector("a");
      if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    });
    if (field.value || address.size) run();
    else load("head");
    field.focus();
  };
  document.addEventListener("DOMContentLoaded", start);

  return {
    head: (value) => { held.head = value; },
    words: (part, name, value) => held.words.set(`${part}/${name}`, value),
    marks: (part, value) => held.marks.set(part, value),
    documents: (part, number, value) => held.documents.set(`${part}/${number}`, value),
  };
})();
