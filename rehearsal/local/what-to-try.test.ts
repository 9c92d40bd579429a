import { whatToTry } from './what-to-try.ts';

const facts = { endpoint: 'http://127.0.0.1:4577', region: 'eu-west-1', urls: { staging: 'http://127.0.0.1:1', production: 'http://127.0.0.1:2' }, dashboardUrl: 'http://127.0.0.1:3/#token=x', stateMachineArn: 'arn:aws:states:eu-west-1:1:stateMachine:x', requestsPerSecond: 50 };

describe('what to try', () => {
  it('names the endpoint in every line for the AWS CLI', () => {
    const lines = whatToTry(facts).filter((line) => /^ {4}aws /.test(line));
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.every((line) => line.includes('--endpoint-url http://127.0.0.1:4577 '))).toBe(true);
  });

  it('says where the buttons of Slack are, if there is one', () => {
    expect(whatToTry({ ...facts, slackUrl: 'http://127.0.0.1:9' })).toContainEqual(expect.stringContaining('buttons to press: http://127.0.0.1:9'));
    expect(whatToTry(facts).join('\n')).not.toContain('Slack');
  });

  it('says how to find a cloud on another port, and only then', () => {
    expect(whatToTry(facts).join('\n')).not.toContain('SLIPWAY_LOCAL_ENDPOINT');
    expect(whatToTry({ ...facts, endpoint: 'http://127.0.0.1:4600' })).toContainEqual(expect.stringContaining('export SLIPWAY_LOCAL_ENDPOINT=http://127.0.0.1:4600'));
  });
});
