// Filters, sorts and selects the rows of a table that the server has drawn; what was chosen stands in the address.
"use strict";
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const byId = (id) => document.getElementById(id);
  const [search, mistake, all, allLabel, none] = ["search", "mistake", "all", "all-label", "none"].map(byId);
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(undefined, { numeric: true });
  const rows = () => [...table.tBodies[0].rows];
  const visible = () => rows().filter((row) => !row.hidden);
  const box = (row) => row.querySelector("input[name=student]"); // some rows cannot be chosen, and have none
  const boxes = (some) => some.map(box).filter(Boolean);
  let sorted = { column: 1, descending: false };
  let last = null; // row whose box was clicked last: Shift selects from there

  function show() {
    return document.querySelector("input[name=show]:checked")?.value ?? "";
  }

  function matches(row) {
    const wanted = show();
    if (wanted && row.dataset.state !== wanted && !(wanted in row.dataset)) return false;
    if (mistake?.value && !row.dataset.mistakes.split(" ").includes(mistake.value)) return false;
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
    const student = (row) => row.cells[1].dataset.v;
    const order = rows().sort(
      (a, b) => way * collator.compare(key(a), key(b)) || collator.compare(student(a), student(b)),
    );
    if (heads[column].classList.contains("number"))
      order.sort((a, b) => way * (Number(key(a)) - Number(key(b))) || collator.compare(student(a), student(b)));
    table.tBodies[0].append(...order);
    heads.forEach((head, n) => {
      if (n === column) head.ariaSort = descending ? "descending" : "ascending";
      else head.removeAttribute("aria-sort");
    });
  }

  function remember() {
    const state = { q: search.value, show: show(), mistake: mistake?.value ?? "" };
    if (sorted.column !== 1 || sorted.descending) state.sort = (sorted.descending ? "-" : "") + sorted.column;
    const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    history.replaceState(null, "", location.pathname + (query.size ? "?" + query : ""));
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") ?? "";
    if (mistake) mistake.value = query.get("mistake") ?? "";
    if (mistake && !mistake.value) mistake.value = "";
    for (const radio of document.querySelectorAll("input[name=show]"))
      radio.checked = radio.value === (query.get("show") ?? "");
    if (!document.querySelector("input[name=show]:checked")) document.querySelector("input[name=show]").checked = true;
    const given = query.get("sort");
    if (given) sorted = { column: Math.abs(Number(given)), descending: given.startsWith("-") };
    if (!heads[sorted.column]?.querySelector("button")) sorted = { column: 1, descending: false };
  }

  // What the server says now, with the selection kept: called while a job runs, and at its end.
  async function refresh() {
    // Without the token a hub takes a request that is no navigation for a stranger's, and sends it round for ever.
    const token = document.querySelector("meta[name=xsrf-token]").content;
    const reply = await fetch(location.pathname, { credentials: "same-origin", headers: { "X-XSRFToken": token } });
    if (!reply.ok) return;
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    const body = fresh.getElementById("rows");
    if (!body) return;
    const ticked = new Set(boxes(rows()).filter((one) => one.checked).map((one) => one.value));
    const focused = document.activeElement?.name === "student" ? document.activeElement.value : null;
    const chosen = show();
    byId("chips").replaceWith(document.adoptNode(fresh.getElementById("chips")));
    const again = [...document.querySelectorAll("input[name=show]")].find((radio) => radio.value === chosen);
    if (again) again.checked = true;
    table.tBodies[0].replaceWith(document.adoptNode(body));
    for (const one of boxes(rows())) {
      one.checked = ticked.has(one.value);
      if (one.value === focused) one.focus();
    }
    sort();
    filter();
  }

  function change() {
    filter();
    remember();
  }

  search.addEventListener("input", change);
  search.form?.addEventListener("submit", (event) => event.preventDefault());
  mistake?.addEventListener("change", change);
  document.querySelector(".filters").addEventListener("change", (event) => event.target.name === "show" && change());
  byId("clear").addEventListener("click", () => {
    search.value = "";
    if (mistake) mistake.value = "";
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
    const row = event.target.closest("tr");
    if (event.shiftKey && last && !last.hidden) {
      const seen = visible();
      const [from, to] = [seen.indexOf(last), seen.indexOf(row)].sort((a, b) => a - b);
      for (const one of boxes(seen.slice(from, to + 1))) one.checked = event.target.checked;
    }
    last = row;
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
