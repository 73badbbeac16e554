"use strict";

// A grid of any size of which only what is visible is in the document. Its heads stay where they
// are while it scrolls, and one of its cells is active, which keys move. What stands in the cells
// is the caller's: see matrix.js.
const grid = (() => {
  const AROUND = 3;
  const HEADS = -1;

  // Makes the children of *parent* behind its first *kept* those from *first* to *last*, of which
  // it has those from *from* to *to*.
  const slide = (parent, kept, [from, to], [first, last], make) => {
    if (to <= first || from >= last) {
      while (parent.children.length > kept) parent.lastElementChild.remove();
      from = to = first;
    }
    for (; from < first; from++) parent.children[kept].remove();
    for (; to > last; to--) parent.lastElementChild.remove();
    while (from > first) parent.insertBefore(make(--from), parent.children[kept] ?? null);
    while (to < last) parent.append(make(to++));
  };

  class Grid {
    // *source* has rows and columns (numbers of the caller's), and makes what stands in them.
    constructor(source) {
      this.source = source;
      this.active = { row: 0, column: 0 };
      this.sizes = "";
      this.head = dom.make("div", { role: "row", class: "grid-head", "aria-rowindex": "1" });
      this.body = dom.make("div", { role: "rowgroup", class: "grid-body" });
      this.space = dom.make(
        "div",
        { role: "presentation", class: "grid-space" },
        dom.make("div", { role: "rowgroup", class: "grid-top" }, this.head),
        this.body,
      );
      this.element = dom.make("div", { role: "grid", class: "grid", tabindex: "0", "aria-readonly": "true" }, this.space);
      this.element.addEventListener("scroll", () => this.later(), { passive: true });
      this.element.addEventListener("keydown", (event) => this.onKey(event));
      this.element.addEventListener("click", (event) => this.onClick(event));
      new ResizeObserver(() => this.later()).observe(this.element);
    }

    // The sizes are the style's, as they depend on the width of the page.
    measure() {
      const style = getComputedStyle(this.element);
      const size = (name) => Number.parseFloat(style.getPropertyValue(name));
      this.cell = size("--cell");
      this.left = size("--head-width");
      this.top = size("--head-height");
    }

    later() {
      if (this.waiting) return;
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        this.draw();
      });
    }

    // Other rows or columns than before: back to the first cell.
    reset() {
      this.active = { row: 0, column: 0 };
      this.element.scrollTo(0, 0);
      this.element.setAttribute("aria-rowcount", this.source.rows.length + 1);
      this.element.setAttribute("aria-colcount", this.source.columns.length + 1);
      this.sizes = "";
      this.draw();
      this.source.onActive(this.active);
    }

    // The first and the last that are visible, and some around them.
    range(scrolled, visible, count) {
      const first = Math.max(0, Math.floor(scrolled / this.cell) - AROUND);
      const last = Math.min(count, Math.ceil((scrolled + visible) / this.cell) + AROUND);
      return [Math.min(first, last), last];
    }

    draw() {
      const { rows, columns } = this.source;
      if (!rows.length || !columns.length) return;
      this.measure();
      const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.element;
      const [top, bottom] = this.range(scrollTop, clientHeight - this.top, rows.length);
      const [left, right] = this.range(scrollLeft, clientWidth - this.left, columns.length);
      const sizes = [this.cell, this.left, this.top].join();
      if (sizes !== this.sizes) this.begin(sizes);
      this.slideTo([top, bottom], [left, right]);
      this.mark();
    }

    // Nothing drawn yet, at these sizes.
    begin(sizes) {
      this.sizes = sizes;
      this.rows = [0, 0];
      this.columns = [0, 0];
      const { rows, columns, corner } = this.source;
      this.space.style.width = `${this.left + columns.length * this.cell}px`;
      this.space.style.height = `${this.top + rows.length * this.cell}px`;
      this.head.replaceChildren(
        dom.make("div", { role: "columnheader", class: "grid-corner", "aria-colindex": "1", text: corner }),
      );
      this.body.replaceChildren();
    }

    // What stays visible stays as it is: to draw all of it anew takes longer than a frame has.
    slideTo(rows, columns) {
      slide(this.head, 1, this.columns, columns, (column) => this.place(this.source.columnHead(column), HEADS, column));
      [...this.body.children].forEach((line, index) => {
        const row = this.rows[0] + index;
        slide(line, 1, this.columns, columns, (column) => this.at(row, column));
      });
      slide(this.body, 0, this.rows, rows, (row) => this.line(row, columns));
      this.rows = rows;
      this.columns = columns;
    }

    line(row, [left, right]) {
      const line = dom.make("div", { role: "row", class: "grid-row", "aria-rowindex": row + 2 });
      line.style.top = `${this.top + row * this.cell}px`;
      line.append(this.place(this.source.rowHead(row), row, HEADS));
      for (let column = left; column < right; column++) line.append(this.at(row, column));
      return line;
    }

    at(row, column) {
      return this.place(this.source.cell(row, column), row, column);
    }

    place(element, row, column) {
      element.id = `cell-${row}-${column}`;
      element.dataset.row = row;
      element.dataset.column = column;
      element.setAttribute("aria-colindex", column + 2);
      if (column !== HEADS) element.style.left = `${this.left + column * this.cell}px`;
      return element;
    }

    // The active cell, and the heads of its row and column.
    mark() {
      const { row, column } = this.active;
      for (const one of this.element.querySelectorAll(".active, .beside")) one.classList.remove("active", "beside");
      const find = (r, c) => document.getElementById(`cell-${r}-${c}`);
      find(row, HEADS)?.classList.add("beside");
      find(HEADS, column)?.classList.add("beside");
      const active = find(row, column);
      active?.classList.add("active");
      if (active) this.element.setAttribute("aria-activedescendant", active.id);
      else this.element.removeAttribute("aria-activedescendant");
    }

    go(row, column) {
      const { rows, columns } = this.source;
      if (!rows.length || !columns.length) return;
      const within = (value, count) => Math.min(Math.max(value, HEADS), count - 1);
      const next = { row: within(row, rows.length), column: within(column, columns.length) };
      if (next.row === HEADS && next.column === HEADS) return;
      this.active = next;
      this.reveal(next);
      this.draw();
      this.source.onActive(next);
    }

    // Scrolls as far as it takes, the heads covering some of the place.
    reveal({ row, column }) {
      const to = (index, scrolled, visible) => {
        if (index === HEADS) return scrolled;
        const start = index * this.cell;
        return Math.min(start, Math.max(scrolled, start + this.cell - visible));
      };
      const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.element;
      this.element.scrollTo(
        to(column, scrollLeft, clientWidth - this.left),
        to(row, scrollTop, clientHeight - this.top),
      );
    }

    onKey(event) {
      const { row, column } = this.active;
      const [lastRow, lastColumn] = [this.source.rows.length - 1, this.source.columns.length - 1];
      const page = Math.max(1, Math.floor((this.element.clientHeight - this.top) / this.cell) - 1);
      const far = event.ctrlKey || event.metaKey;
      const moves = {
        ArrowUp: [far ? 0 : row - 1, column],
        ArrowDown: [far ? lastRow : row + 1, column],
        ArrowLeft: [row, far ? 0 : column - 1],
        ArrowRight: [row, far ? lastColumn : column + 1],
        Home: [far ? 0 : row, 0],
        End: [far ? lastRow : row, lastColumn],
        PageUp: [Math.max(0, row - page), column],
        PageDown: [Math.min(lastRow, row + page), column],
      };
      if (event.altKey) return;
      if (event.key === "Enter") this.source.onOpen(this.active, event.shiftKey);
      else if (moves[event.key]) this.go(...moves[event.key]);
      else return;
      event.preventDefault();
    }

    onClick(event) {
      const cell = event.target.closest("[data-row]");
      if (!cell) return;
      const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
      this.go(row, column);
      if (row === HEADS || column === HEADS) this.source.onOpen(this.active, false);
    }
  }

  return { Grid, HEADS };
})();
