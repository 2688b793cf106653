// Filters, sorts and selects the rows of a table that the server has drawn; what was chosen stands in the address.
"use strict";
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const byId = (id) => document.getElementById(id);
  const [search, mistake, all, allLabel, none] = ["search", "mistake", "all", "all-label", "none"].map(byId);
  const name = (row) => row.cells[1].dataset.v;
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(undefined, { numeric: true });
  const rows = () => [...table.tBodies[0].rows];
  const visible = () => rows().filter((row) => !row.hidden);
  const box = (row) => row.querySelector("input[name=student]"); // some rows cannot be chosen, and have none
  const boxes = (some) => some.map(box).filter(Boolean);
  let sorted = { column: 1, descending: false };
  let last = null; // student whose box was clicked last: Shift selects from there
  let [asked, drawn] = [0, 0]; // numbers of the refreshes

  function show() {
    return document.querySelector("input[name=show]:checked")?.value ?? "";
  }

  function matches(row) {
    const wanted = show();
    if (wanted && row.dataset.state !== wanted && !(wanted in row.dataset)) return false;
    if (mistake.value && !row.dataset.mistakes.split(" ").includes(mistake.value)) return false;
    const text = row.textContent.toLowerCase();
    return search.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  function filter() {
    for (const row of rows()) {
      row.hidden = !matches(row);
    }
    for (const one of boxes(rows().filter((row) => row.hidden))) one.checked = false; // what is not seen is not acted on
    none.hidden = visible().length > 0;
    count();
  }

  function count() {
    const seen = boxes(visible());
    const chosen = seen.filter((one) => one.checked);
    all.checked = seen.length > 0 && chosen.length === seen.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
    const narrowed = seen.length < boxes(rows()).length;
    allLabel.textContent = chosen.length
      ? `${chosen.length} selected`
      : `Select all ${seen.length}${narrowed ? " that match" : ""}`;
    for (const button of document.querySelectorAll("#bulk [data-label]")) {
      button.disabled = chosen.length === 0;
      const more = button.formAction.endsWith("/release") ? " …" : "";
      button.textContent = button.dataset.label + (chosen.length ? ` (${chosen.length})` : "") + more;
    }
  }

  function sort() {
    const { column, descending } = sorted;
    const key = (row) => row.cells[column].dataset.v;
    const way = descending ? -1 : 1;
    const order = rows().sort(
      (a, b) => way * collator.compare(key(a), key(b)) || collator.compare(name(a), name(b)),
    );
    if (heads[column].classList.contains("number"))
      order.sort((a, b) => way * (Number(key(a)) - Number(key(b))) || collator.compare(name(a), name(b)));
    table.tBodies[0].append(...order);
    heads.forEach((head, n) => {
      if (n === column) head.ariaSort = descending ? "descending" : "ascending";
      else head.removeAttribute("aria-sort");
    });
  }

  function remember() {
    const state = { q: search.value, show: show(), mistake: mistake.value };
    if (sorted.column !== 1 || sorted.descending) state.sort = (sorted.descending ? "-" : "") + sorted.column;
    const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    history.replaceState(null, "", location.pathname + (query.size ? "?" + query : ""));
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") ?? "";
    mistake.value = query.get("mistake") ?? "";
    if (!mistake.value) mistake.value = "";
    for (const radio of document.querySelectorAll("input[name=show]"))
      radio.checked = radio.value === (query.get("show") ?? "");
    if (!document.querySelector("input[name=show]:checked")) document.querySelector("input[name=show]").checked = true;
    const given = query.get("sort");
    if (given) sorted = { column: Math.abs(Number(given)), descending: given.startsWith("-") };
    if (!heads[sorted.column]?.querySelector("button")) sorted = { column: 1, descending: false };
  }

  // Says which part of the table or of the filters has the focus, as a function that gives it to what is there now.
  function focus() {
    const active = document.activeElement;
    if (active?.name === "show") return () => document.querySelector("input[name=show]:checked").focus();
    const row = active?.closest("#rows tr");
    if (!row) return () => {};
    const parts = (one) => [...one.querySelectorAll("a, input")];
    const [student, place] = [name(row), parts(row).indexOf(active)];
    return () => {
      const again = rows().find((one) => name(one) === student);
      if (again) parts(again)[place]?.focus({ preventScroll: true });
    };
  }

  // What the server says now, with the selection kept: called while a job runs, and at its end.
  async function refresh() {
    const mine = ++asked;
    // Without the token a hub takes a request that is no navigation for a stranger's, and sends it round for ever.
    const token = document.querySelector("meta[name=xsrf-token]").content;
    let text;
    try {
      const reply = await fetch(location.pathname, { credentials: "same-origin", headers: { "X-XSRFToken": token } });
      if (!reply.ok) return;
      text = await reply.text();
    } catch {
      return; // the server is away; job.js says so
    }
    if (mine < drawn) return; // a later one was answered first
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const body = fresh.getElementById("rows");
    if (!body) return;
    drawn = mine;
    const ticked = new Set(boxes(rows()).filter((one) => one.checked).map((one) => one.value));
    const refocus = focus();
    const chosen = show();
    byId("chips").replaceWith(document.adoptNode(fresh.getElementById("chips")));
    const again = [...document.querySelectorAll("input[name=show]")].find((radio) => radio.value === chosen);
    if (again) again.checked = true;
    mistakes(fresh.getElementById("mistake"));
    table.tBodies[0].replaceWith(document.adoptNode(body));
    for (const one of boxes(rows())) one.checked = ticked.has(one.value);
    sort();
    filter();
    refocus();
  }

  // The choice of mistakes, which a first grading has just found; not while somebody is choosing.
  function mistakes(fresh) {
    if (document.activeElement === mistake || fresh.innerHTML === mistake.innerHTML) return;
    const chosen = mistake.value;
    mistake.replaceChildren(...document.adoptNode(fresh).childNodes);
    mistake.value = chosen;
    if (!mistake.value) mistake.value = "";
    byId("mistakes").hidden = mistake.options.length === 1;
  }

  function change() {
    filter();
    remember();
  }

  search.addEventListener("input", change);
  search.form?.addEventListener("submit", (event) => event.preventDefault());
  mistake.addEventListener("change", change);
  document.querySelector(".filters").addEventListener("change", (event) => event.target.name === "show" && change());
  byId("clear").addEventListener("click", () => {
    search.value = "";
    mistake.value = "";
    document.querySelector("input[name=show]").checked = true;
    change();
    search.focus();
  });
  all.addEventListener("change", () => {
    for (const one of boxes(visible())) one.checked = all.checked;
    count();
  });
  table.addEventListener("click", (event) => {
    if (event.target.name !== "student") return;
    const seen = visible();
    const row = event.target.closest("tr");
    const before = seen.findIndex((one) => name(one) === last);
    if (event.shiftKey && before >= 0) {
      const [from, to] = [before, seen.indexOf(row)].sort((a, b) => a - b);
      for (const one of boxes(seen.slice(from, to + 1))) one.checked = event.target.checked;
    }
    last = name(row);
    count();
  });
  heads.forEach((head, column) =>
    head.querySelector("button")?.addEventListener("click", () => {
      // Numbers are looked at from the other end first: the most failed checks.
      const first = head.classList.contains("number");
      sorted = { column, descending: sorted.column === column ? !sorted.descending : first };
      sort();
      remember();
    }),
  );
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });
  document.addEventListener("autograder:refresh", () => void refresh());
  recall();
  sort();
  filter();
})();
