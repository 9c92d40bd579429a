import { SlipwayError } from '../../core/errors.ts';
import { errorFields, jsonLogger } from '../../adapters/log.ts';
import { named, Transient } from './lambda.ts';

class Final extends SlipwayError {
  override readonly name = 'Final';
  readonly retry = 'never';
}

const failing = (name: string, more: object = {}) => Object.assign(new Error('x'), { name, ...more });

describe('an error that the state machine may try again', () => {
  it.each([
    ['throttling, as ECS calls it', failing('ThrottlingException')],
    ['throttling, as CloudWatch calls it', failing('Throttling')],
    ['throttling, as DynamoDB calls it', failing('ProvisionedThroughputExceededException')],
    ['a transaction that met another write', failing('TransactionConflictException')],
    ['a status of the server', failing('Whatever', { $metadata: { httpStatusCode: 503 } })],
    ['too many requests', failing('Whatever', { $metadata: { httpStatusCode: 429 } })],
    ['a fault of the server', failing('Whatever', { $fault: 'server' })],
    ['what the SDK would retry', failing('Whatever', { $retryable: {} })],
    ['a time-out', failing('TimeoutError')],
    ['a connection that broke', failing('Error', { code: 'ECONNRESET' })],
    ['a name that could not be resolved', failing('Error', { code: 'EAI_AGAIN' })],
  ])('%s', (_, error) => {
    expect(named(error)).toMatchObject({ name: 'Transient', retry: 'later', cause: error });
  });
});

describe('an error that stays one', () => {
  it.each([
    ['a refusal', failing('AccessDeniedException', { $metadata: { httpStatusCode: 400 }, $fault: 'client' })],
    ['a bad parameter', failing('InvalidParameterException')],
    ['a mistake of ours', new TypeError('x is not a function')],
    ['one with a name of its own', new Final('x')],
    ['one that is transient already', new Transient('x')],
    ['something that is no error', 'x'],
  ])('%s', (_, error) => {
    expect(named(error)).toBe(error);
  });
});

describe('a log line', () => {
  it('is one line of JSON', () => {
    const lines: string[] = [];
    jsonLogger((line) => lines.push(line), { function: 'f' }).warn('a\nb', { release: 'r' });
    expect(lines).toEqual(['{"level":"warn","message":"a\\nb","function":"f","release":"r"}']);
  });

  it('has the hint of a foreseen error, and the stack of another', () => {
    expect(errorFields(new Final('m', 'do this'))).toEqual({ errorName: 'Final', errorMessage: 'm', hint: 'do this' });
    expect(errorFields(new TypeError('m'))).toMatchObject({ errorName: 'TypeError', stack: expect.any(String) as string });
    expect(errorFields('m')).toEqual({ error: 'm' });
  });
});
