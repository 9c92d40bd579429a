// Runs in the browser. The HTML inside messages comes from mrkdwn.ts, which escapes everything it does not make itself.
const $ = (id) => document.getElementById(id);
let last = '';
let shownModal;

const post = (what, body) => fetch(`/ui/${what}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).then((response) => response.json());

function element(tag, className, fill = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  return Object.assign(made, fill);
}

function blockElement(block, ts) {
  if (block.kind === 'header') return element('h3', '', { textContent: block.text });
  if (block.kind === 'divider') return element('hr', '');
  if (block.kind !== 'actions') return element('div', block.kind, { innerHTML: block.html });
  const row = element('div', 'actions');
  for (const { action, value, label, style, confirm: question } of block.buttons) {
    const button = element('button', style, { textContent: label });
    button.dataset.action = action;
    button.addEventListener('click', () => {
      if (!question || window.confirm(question)) void post('press', { ts, action, value, user: $('user').value }).then(refresh);
    });
    row.append(button);
  }
  return row;
}

function messageElement(message, inThread) {
  const made = element('article', inThread ? 'reply' : 'message');
  made.dataset.ts = message.ts;
  made.append(...message.blocks.map((block) => blockElement(block, message.ts)));
  if (!inThread) made.append(element('div', 'meta', { textContent: `updated ${message.updates} times` }));
  if (message.thread?.length) {
    const thread = element('div', 'thread');
    thread.append(...message.thread.map((reply) => messageElement(reply, true)));
    made.append(thread);
  }
  return made;
}

function show(state) {
  if ($('user').options.length === 0) for (const { id, name } of state.users) $('user').add(new Option(name, id));
  $('outage').value = state.switches.outage;
  $('revoked').checked = state.switches.tokenRevoked;
  $('channels').replaceChildren(
    ...state.channels.map((channel) => {
      const made = element('section', 'channel');
      made.append(element('h2', '', { textContent: `# ${channel.name}` }));
      if (channel.messages.length === 0) made.append(element('p', 'context', { textContent: 'Nothing has been said here yet.' }));
      made.append(...channel.messages.map((message) => messageElement(message, false)));
      made.append(...channel.ephemerals.filter((one) => one.user === $('user').value).slice(-3).map((one) => element('p', 'ephemeral', { innerHTML: `Only visible to you: ${one.html}` })));
      return made;
    }),
  );
}

/** In Slack's words, as far as they are used: https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
function showTimes() {
  for (const time of document.querySelectorAll('time')) {
    const atMs = Number(time.dataset.ms);
    const words = { date_short_pretty: 'today', time_secs: new Date(atMs).toLocaleTimeString(), time: new Date(atMs).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' }), ago: ago(atMs - Date.now()) };
    const day = new Date(atMs).toLocaleDateString(undefined, { month: 'short', day: 'numeric', year: 'numeric' });
    if (new Date(atMs).toDateString() !== new Date().toDateString()) words.date_short_pretty = day;
    const text = time.dataset.format.replaceAll(/\{(\w+)\}/g, (token, name) => words[name] ?? token);
    if (time.textContent !== text) time.textContent = text;
  }
}

function ago(inMs) {
  const seconds = Math.round(Math.abs(inMs) / 1000);
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : seconds < 3_600 ? [Math.round(seconds / 60), 'minute'] : seconds < 86_400 ? [Math.round(seconds / 3_600), 'hour'] : [Math.round(seconds / 86_400), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'} ${inMs < 0 ? 'ago' : 'from now'}`;
}

function showModal(modals) {
  const modal = modals.find((candidate) => candidate.user === $('user').value);
  if (modal?.id === shownModal) return;
  shownModal = modal?.id;
  if (!modal) {
    $('modal').close();
    return;
  }
  $('modal-title').textContent = modal.title;
  $('modal-about').innerHTML = modal.about;
  $('modal-label').textContent = modal.label;
  $('modal-submit').textContent = modal.submit;
  $('modal-text').value = '';
  $('modal-error').textContent = '';
  $('modal').showModal();
}

async function refresh() {
  const text = await fetch('/state').then((response) => response.text());
  const state = JSON.parse(text);
  if (text !== last) show(state);
  last = text;
  showTimes();
  showModal(state.modals);
}

$('user').addEventListener('change', () => {
  last = '';
  void refresh();
});
$('outage').addEventListener('change', () => void post('switches', { outage: $('outage').value }));
$('revoked').addEventListener('change', () => void post('switches', { tokenRevoked: $('revoked').checked }));
$('modal-cancel').addEventListener('click', () => void post('cancel', { modal: shownModal }).then(refresh));
$('modal-submit').addEventListener('click', async () => {
  const sent = await post('submit', { modal: shownModal, text: $('modal-text').value });
  const errors = sent.body ? JSON.parse(sent.body).errors : undefined;
  $('modal-error').textContent = errors ? Object.values(errors).join(' ') : '';
  await refresh();
});
setInterval(() => void refresh().catch(() => undefined), 400);
void refresh();
