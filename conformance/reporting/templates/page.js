"use strict";
// Sort a table by a column: ascending, then descending. Rows of equal value keep their order.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? second : first;
      const sign = order === "ascending" ? 1 : -1;
      const value = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
      const rows = [...body.rows].sort((a, b) => sign * (numeric
        ? Number(value(a)) - Number(value(b))
        : value(a).localeCompare(value(b))));
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      body.append(...rows);
    });
  });
}

// Filter the matrix: words and verdicts choose rows, modes and dtypes choose columns.
const filters = document.querySelector("#filters");
if (filters) {
  const table = document.querySelector("#matrix");
  const shown = document.querySelector("#shown");
  const apply = () => {
    const { words, verdict, mode, dtype } = Object.fromEntries(new FormData(filters));
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let rows = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.dataset.words.toLowerCase();
      row.hidden = !(wanted.every((word) => text.includes(word))
        && (!verdict || row.dataset.verdict === verdict));
      rows += !row.hidden;
    }
    table.querySelectorAll("thead th[data-mode]").forEach((head) => {
      const hidden = (mode && head.dataset.mode !== mode) || (dtype && head.dataset.dtype !== dtype);
      for (const row of table.rows) row.cells[head.cellIndex].hidden = hidden;
    });
    shown.textContent = `${rows} of ${table.tBodies[0].rows.length} properties`;
  };
  filters.addEventListener("input", apply);
  filters.addEventListener("change", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(apply));
  apply();
}

// Copy a script. A page opened as a file may have no clipboard to write to: a text field has.
for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.of).textContent;
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      done = document.execCommand("copy");
      field.remove();
    }
    button.textContent = done ? "Copied" : "Select the text and copy it by hand";
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
  });
}
