'use strict';
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const key = (row, i) => row.cells[i].dataset.sort ?? row.cells[i].textContent.trim();
  const compare = (a, b) => {
    const difference = a - b;
    return Number.isNaN(difference) ? a.localeCompare(b) : difference;
  };
  [...table.tHead.rows[0].cells].forEach((cell, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener('click', () => {
      const order = cell.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
      for (const other of cell.parentNode.cells) other.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', order);
      const rows = [...body.rows].sort((a, b) => compare(key(a, i), key(b, i)));
      body.append(...(order === 'ascending' ? rows : rows.reverse()));
    });
  });
}
for (const table of document.querySelectorAll('table.filterable')) {
  const rows = [...table.tBodies[0].rows];
  const label = document.createElement('label');
  const input = document.createElement('input');
  const shown = document.createElement('output');
  label.className = 'filter';
  input.type = 'search';
  label.append('Filter rows ', input, ' ', shown);
  table.closest('.scroll').before(label);
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
    shown.textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length}`;
  });
}
for (const box of document.querySelectorAll('.scroll')) {
  // What goes on beyond the right edge fades out there: many systems hide scrollbars.
  const tell = () => box.classList.toggle('more', box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  box.addEventListener('scroll', tell, { passive: true });
  new ResizeObserver(tell).observe(box);
}
for (const source of document.querySelectorAll('[data-copy]')) {
  const box = document.createElement('div');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  box.className = 'copyable';
  source.replaceWith(box);
  box.append(source, button);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
}
