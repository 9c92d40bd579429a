import { decision } from '../testing/samples.ts';
import { decisionStory, decisionText } from './decision-text.ts';

test.each([
  [decision({ person: 'alice', via: 'slack', reason: 'looks good' }), 'Approved by alice: looks good', 'Approved by alice, from Slack: looks good'],
  [decision({ kind: 'reject', person: 'bob', via: 'cli', reason: 'too dear.' }), 'Rejected by bob: too dear.', 'Rejected by bob, from the command line: too dear.'],
  [decision({ kind: 'abort', person: 'alice', via: 'dashboard', reason: '' }), 'Aborted by alice.', 'Aborted by alice, from the dashboard.'],
  [decision({ kind: 'promote', person: 'alice', via: 'slack', reason: '' }), 'The rest of the bake was skipped by alice.', 'The rest of the bake was skipped by alice, from Slack.'],
  [decision({ kind: 'override', person: 'carol', via: 'cli', reason: 'the fix' }), 'The freeze was overridden by carol: the fix', 'The freeze was overridden by carol, from the command line: the fix'],
])('%#: who decided what is told; in the story, also from where', (made, text, story) => {
  expect(decisionText(made)).toBe(text);
  expect(decisionStory(made)).toBe(story);
});
