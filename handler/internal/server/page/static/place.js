// Where a visible seal goes: numbers in millimetres, and a sheet on which the same can be clicked.

import { byId, make } from './dom.js';

const point = 72 / 25.4; // of a millimetre
const papers = {
  'A4, upright': [210, 297], 'A4, across': [297, 210], 'Letter, upright': [216, 279], 'Letter, across': [279, 216],
};
const edges = ['x', 'y', 'width', 'height'];
const input = (edge) => byId(`box-${edge}`);
const value = (edge) => Math.max(0, Number(input(edge).value) || 0);

export function preparePlace(form) {
  byId('paper').append(...Object.keys(papers).map((name) => make('option', {}, name)));
  for (const [edge, first] of [['x', 125], ['y', 15], ['width', 70], ['height', 22]]) {
    input(edge).value = first;
    input(edge).addEventListener('input', draw);
  }
  byId('paper').addEventListener('change', draw);
  byId('page-kind').addEventListener('change', () => {
    byId('page').hidden = byId('page-kind').value !== 'number';
  });
  form.addEventListener('change', () => {
    byId('place').hidden = form.elements.shown.value !== 'place';
    draw();
  });
  byId('sheet').addEventListener('click', (event) => {
    const area = byId('sheet').getBoundingClientRect();
    const [width, height] = paper();
    const within = (at, room) => Math.round(Math.min(Math.max(0, at), Math.max(0, room)));
    input('x').value = within(((event.clientX - area.left) / area.width) * width - value('width') / 2, width - value('width'));
    input('y').value = within((1 - (event.clientY - area.top) / area.height) * height - value('height') / 2, height - value('height'));
    draw();
  });
  draw();
}

const paper = () => papers[byId('paper').value];

function draw() {
  const [width, height] = paper();
  const { style } = byId('stamp');
  byId('sheet').style.aspectRatio = `${width} / ${height}`;
  style.left = `${(value('x') / width) * 100}%`;
  style.bottom = `${(value('y') / height) * 100}%`;
  style.width = `${(value('width') / width) * 100}%`;
  style.height = `${(value('height') / height) * 100}%`;
}

// place gives the options of signing for what is chosen.
export function place(form) {
  switch (form.elements.shown.value) {
    case 'corner':
      return { visible: 'true' };
    case 'place': {
      const kind = byId('page-kind').value;
      return {
        page: kind === 'number' ? byId('page').value : kind,
        box: edges.map((edge) => (value(edge) * point).toFixed(2)).join(','),
      };
    }
  }
  return {};
}
