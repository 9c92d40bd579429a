import fc from 'fast-check';
import { aboutOf, button } from './buttons.ts';
import { parseInteraction } from './interaction.ts';
import { reasonModal } from './modal.ts';

const about = { release: 'checkout-v1.2.0-ab12ab12', stage: 'production', ask: 'weight.25' };
const press = (more: object = {}) => ({ type: 'block_actions', user: { id: 'U012AL1CE' }, trigger_id: 't', response_url: 'https://hooks.slack.com/x', channel: { id: 'C012' }, actions: [button('approve', about)], ...more });
const view = (more: object = {}) => ({ ...reasonModal('reject', about, { responseUrl: 'https://hooks.slack.com/x', channel: 'C012' }), state: { values: { reason: { text: { value: ' prices look wrong \n' } } } }, ...more });
const submit = (more: object = {}) => ({ type: 'view_submission', user: { id: 'U012AL1CE' }, view: view(), ...more });
const parse = (payload: unknown) => parseInteraction(JSON.stringify(payload));

test('a button pressed says what it is about and who pressed it', () => {
  expect(parse(press())).toEqual({ kind: 'pressed', decision: 'approve', about, userId: 'U012AL1CE', triggerId: 't', responseUrl: 'https://hooks.slack.com/x', channel: 'C012' });
});

test('a modal submitted remembers the button that opened it', () => {
  expect(parse(submit())).toEqual({ kind: 'submitted', context: { decision: 'reject', ...about, responseUrl: 'https://hooks.slack.com/x', channel: 'C012' }, reason: 'prices look wrong', userId: 'U012AL1CE' });
});

test('a modal that was left empty has no reason', () => {
  expect(parse(submit({ view: view({ state: { values: { reason: { text: { value: null } } } } }) }))).toMatchObject({ reason: '' });
  expect(parse(submit({ view: view({ state: { values: {} } }) }))).toMatchObject({ reason: '' });
});

test('a way back that does not fit is left behind, what is decided is not', () => {
  const modal = reasonModal('reject', about, { responseUrl: `https://hooks.slack.com/${'x'.repeat(4000)}`, channel: 'C012' });
  expect(parse(submit({ view: { ...modal, state: { values: {} } } }))).toMatchObject({ context: { decision: 'reject', ...about } });
});

test.each([
  ['a link button', press({ actions: [{ action_id: 'open-logs' }] })],
  ["another app's modal", submit({ view: view({ callback_id: 'other' }) })],
  ['a modal that was closed', { type: 'view_closed', user: { id: 'U1' } }],
  ['a shortcut', { type: 'shortcut' }],
])('%s is none of our business', (_name, payload) => {
  expect(parse(payload)).toEqual({ kind: 'ignored' });
});

test.each([
  ['no JSON', '{'],
  ['nothing', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['no user', JSON.stringify(press({ user: {} }))],
  ['a user who is none', JSON.stringify(press({ user: { id: '<!channel>' } }))],
  ['no action', JSON.stringify(press({ actions: [] }))],
  ['a button without a value', JSON.stringify(press({ actions: [{ action_id: 'slipway.approve' }] }))],
  ['a button with another value', JSON.stringify(press({ actions: [{ action_id: 'slipway.approve', value: '"x"' }] }))],
  ['a button of no release', JSON.stringify(press({ actions: [{ action_id: 'slipway.approve', value: '{"release":""}' }] }))],
  ['a value that is too long', JSON.stringify(press({ actions: [{ action_id: 'slipway.approve', value: JSON.stringify({ release: 'x'.repeat(2001) }) }] }))],
  ['a modal that remembers nothing', JSON.stringify(submit({ view: view({ private_metadata: '{}' }) }))],
  ['a modal that remembers an unknown decision', JSON.stringify(submit({ view: view({ private_metadata: JSON.stringify({ decision: 'destroy', release: 'r' }) }) }))],
])('%s is not understood', (_name, payload) => {
  expect(parseInteraction(payload)).toBeUndefined();
});

test('nothing that is sent makes it throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.object().map((value) => JSON.stringify({ type: 'block_actions', ...value }))), (payload) => void parseInteraction(payload)), { numRuns: 3_000 });
});

test('what a button carries comes back as it was', () => {
  fc.assert(
    fc.property(fc.record({ release: fc.string({ minLength: 1, maxLength: 300 }), stage: fc.string({ maxLength: 255 }), ask: fc.string({ maxLength: 100 }) }), (given) => {
      const { value } = button('approve', given);
      if (value.length <= 2000) expect(aboutOf(value)).toEqual(given);
    }),
  );
});
