// The engine through its operations: keys, indexes, paging, transactions, refusals and time to live.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { connectDirectly } from '../wire/index.ts';
import { DynamoDbModel } from './index.ts';
import { testKernel } from '../testing/kernel.ts';
import { N, S, engine, engineWithTable, refusal } from './engine.test-helper.ts';

const key = (pk: string, sk = 'a') => ({ pk: S(pk), sk: S(sk) });

describe('items', () => {
  test('put, get and delete keep numbers exact to 38 digits', async () => {
    const { call } = await engineWithTable();
    await call('PutItem', { TableName: 'things', Item: { ...key('1'), big: N('12345678901234567890123456789012345678'), tiny: N('1e-130') } });
    const { Item } = await call('GetItem', { TableName: 'things', Key: key('1') });
    expect(Item?.['big']).toEqual(N('12345678901234567890123456789012345678'));
    expect(Item?.['tiny']?.N).toMatch(/^0\.0{129}1$/);
    await call('DeleteItem', { TableName: 'things', Key: key('1') });
    expect(await call('GetItem', { TableName: 'things', Key: key('1') })).toEqual({ ConsumedCapacity: undefined });
  });

  test('a failed condition shows the old item when asked to, and changes nothing', async () => {
    const { call } = await engineWithTable();
    await call('PutItem', { TableName: 'things', Item: { ...key('1'), v: N(1) } });
    const refused = await refusal(
      call('PutItem', {
        TableName: 'things', Item: { ...key('1'), v: N(2) },
        ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    expect(refused).toEqual({ code: 'ConditionalCheckFailedException', message: 'The conditional request failed', members: { Item: { ...key('1'), v: N(1) } } });
    expect((await call('GetItem', { TableName: 'things', Key: key('1') })).Item).toEqual({ ...key('1'), v: N(1) });
  });

  test.each<[string, object | undefined]>([
    ['NONE', undefined],
    ['ALL_OLD', { ...key('1'), a: N(1), b: { M: { c: S('x'), d: S('y') } } }],
    ['ALL_NEW', { ...key('1'), a: N(3), b: { M: { c: S('z'), d: S('y') } }, e: S('n') }],
    ['UPDATED_OLD', { a: N(1), b: { M: { c: S('x') } } }],
    ['UPDATED_NEW', { a: N(3), b: { M: { c: S('z') } }, e: S('n') }],
  ])('UpdateItem answers with ReturnValues %s', async (ReturnValues, Attributes) => {
    const { call } = await engineWithTable();
    await call('PutItem', { TableName: 'things', Item: { ...key('1'), a: N(1), b: { M: { c: S('x'), d: S('y') } } } });
    const answer = await call('UpdateItem', {
      TableName: 'things', Key: key('1'), ReturnValues,
      UpdateExpression: 'SET a = a + :two, b.c = :z, e = :n',
      ExpressionAttributeValues: { ':two': N(2), ':z': S('z'), ':n': S('n') },
    });
    expect(answer.Attributes).toEqual(Attributes);
  });

  test('an update of an item that is not there makes one with its key', async () => {
    const { call } = await engineWithTable();
    await call('UpdateItem', { TableName: 'things', Key: key('1'), UpdateExpression: 'ADD hits :one', ExpressionAttributeValues: { ':one': N(1) } });
    expect((await call('GetItem', { TableName: 'things', Key: key('1') })).Item).toEqual({ ...key('1'), hits: N(1) });
  });

  test.each<[string, string, object, string, string]>([
    ['a missing table', 'GetItem', { TableName: 'nothing', Key: key('1') }, 'ResourceNotFoundException', 'Requested resource not found'],
    ['a missing key attribute', 'PutItem', { TableName: 'things', Item: { pk: S('1') } }, 'ValidationException', 'One or more parameter values were invalid: Missing the key sk in the item'],
    ['a key of another type', 'PutItem', { TableName: 'things', Item: { pk: S('1'), sk: N(1) } }, 'ValidationException', 'One or more parameter values were invalid: Type mismatch for key sk expected: S actual: N'],
    ['an incomplete key', 'GetItem', { TableName: 'things', Key: { pk: S('1') } }, 'ValidationException', 'The provided key element does not match the schema'],
    ['an empty key', 'PutItem', { TableName: 'things', Item: key('') }, 'ValidationException', 'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk'],
    ['an index key of another type', 'PutItem', { TableName: 'things', Item: { ...key('1'), rank: S('x') } }, 'ValidationException', 'One or more parameter values were invalid: Type mismatch for Index Key rank Expected: N Actual: S IndexName: by-owner'],
    ['an empty set', 'PutItem', { TableName: 'things', Item: { ...key('1'), s: { SS: [] } } }, 'ValidationException', 'One or more parameter values were invalid: An string set  may not be empty'],
    ['39 digits', 'PutItem', { TableName: 'things', Item: { ...key('1'), n: N('123456789012345678901234567890123456789') } }, 'ValidationException', 'Attempting to store more than 38 significant digits in a Number'],
    ['more than 400 KB', 'PutItem', { TableName: 'things', Item: { ...key('1'), s: S('x'.repeat(409_600)) } }, 'ValidationException', 'Item size has exceeded the maximum allowed size'],
    ['a change of the key', 'UpdateItem', { TableName: 'things', Key: key('1'), UpdateExpression: 'SET sk = :v', ExpressionAttributeValues: { ':v': S('b') } }, 'ValidationException', 'One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key'],
    ['an unused value', 'UpdateItem', { TableName: 'things', Key: key('1'), UpdateExpression: 'REMOVE a', ExpressionAttributeValues: { ':v': S('b') } }, 'ValidationException', 'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}'],
    ['values without expressions', 'PutItem', { TableName: 'things', Item: key('1'), ExpressionAttributeValues: { ':v': S('b') } }, 'ValidationException', 'ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null'],
    ['legacy parameters', 'PutItem', { TableName: 'things', Item: key('1'), Expected: {} }, 'NotImplemented', 'The local cloud does not model PutItem: the field Expected.'],
  ])('%s is refused in the words of AWS', async (_name, operation, input, code, message) => {
    const { call } = await engineWithTable();
    expect(await refusal(call(operation, input))).toMatchObject({ code, message });
  });

  test('what a caller does to its own objects later does not reach the table, through whichever door', async () => {
    const { call, kernel } = await engineWithTable();
    const client = connectDirectly(new DynamoDBClient({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } }), { kernel, caller: { kind: 'operator', arn: 'arn:aws:iam::123456789012:user/operator' } });
    const get = () => client.send(new GetItemCommand({ TableName: 'things', Key: key('1') }));
    const Item = { ...key('1'), list: { L: [S('x')] } };
    await call('PutItem', { TableName: 'things', Item });
    Item.list.L.push(S('y'));
    const first = await get();
    first.Item?.['list']?.L?.push(S('z'));
    expect((await get()).Item?.['list']).toEqual({ L: [S('x')] });
  });
});

describe('queries', () => {
  async function filled() {
    const made = await engineWithTable();
    for (const [index, sk] of ['b', 'a', 'd', 'c'].entries()) {
      await made.call('PutItem', { TableName: 'things', Item: { ...key('p', sk), ownerId: S('me'), rank: N([10, 9, 100, -1][index] ?? 0), title: S(`t-${sk}`), note: S('n') } });
    }
    await made.call('PutItem', { TableName: 'things', Item: { ...key('q', 'z'), ownerId: S('me'), rank: N(9), title: S('t-z') } });
    await made.call('PutItem', { TableName: 'things', Item: key('q', 'y') });
    return made;
  }
  const query = (more: object = {}) => ({ TableName: 'things', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': S('p') }, ...more });

  test('a partition comes in the order of its sort key, and backwards', async () => {
    const { call } = await filled();
    expect((await call('Query', query())).Items?.map((item) => item['sk']?.S)).toEqual(['a', 'b', 'c', 'd']);
    expect((await call('Query', query({ ScanIndexForward: false }))).Items?.map((item) => item['sk']?.S)).toEqual(['d', 'c', 'b', 'a']);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['sk > :b', { ':b': 'b' }, ['c', 'd']],
    ['sk <= :b', { ':b': 'b' }, ['a', 'b']],
    ['sk BETWEEN :b AND :c', { ':b': 'b', ':c': 'c' }, ['b', 'c']],
    ['begins_with(sk, :b)', { ':b': 'b' }, ['b']],
    ['(sk = :b)', { ':b': 'b' }, ['b']],
    [':b < sk', { ':b': 'b' }, ['c', 'd']],
  ])('the key condition «%s» selects %s', async (text, given, want) => {
    const { call } = await filled();
    const values = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, S(value)]));
    const answer = await call('Query', query({ KeyConditionExpression: `pk = :p AND ${text}`, ExpressionAttributeValues: { ':p': S('p'), ...values } }));
    expect(answer.Items?.map((item) => item['sk']?.S)).toEqual(want);
  });

  test('an index is sparse, sorts numbers as numbers and shows only what it projects', async () => {
    const { call } = await filled();
    const answer = await call('Query', { TableName: 'things', IndexName: 'by-owner', KeyConditionExpression: 'ownerId = :m', ExpressionAttributeValues: { ':m': S('me') } });
    expect(answer.Items?.map((item) => item['rank']?.N)).toEqual(['-1', '9', '9', '10', '100']);
    expect(answer.Items?.[0]).toEqual({ ...key('p', 'c'), ownerId: S('me'), rank: N(-1), title: S('t-c') });
  });

  test.each([['forwards', true], ['backwards', false]])('pages of one item join up to the whole, in an index with equal sort keys, %s', async (_name, ScanIndexForward) => {
    const { call } = await filled();
    const input = { TableName: 'things', IndexName: 'by-owner', KeyConditionExpression: 'ownerId = :m', ExpressionAttributeValues: { ':m': S('me') }, ScanIndexForward };
    const whole = (await call('Query', input)).Items;
    const joined = [];
    let ExclusiveStartKey;
    do {
      const answer: Awaited<ReturnType<typeof call>> = await call('Query', { ...input, Limit: 1, ExclusiveStartKey });
      joined.push(...(answer.Items ?? []));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    expect(joined).toEqual(whole);
    expect(joined).toHaveLength(5);
  });

  test('a limit counts what was looked at, before the filter', async () => {
    const { call } = await filled();
    const answer = await call('Query', query({ Limit: 2, FilterExpression: '#r > :r', ExpressionAttributeNames: { '#r': 'rank' }, ExpressionAttributeValues: { ':p': S('p'), ':r': N(9) } }));
    expect(answer).toMatchObject({ Count: 1, ScannedCount: 2, LastEvaluatedKey: key('p', 'b') });
  });

  test('a page ends at one megabyte', async () => {
    const { call } = await engineWithTable();
    for (const sk of ['a', 'b', 'c', 'd']) await call('PutItem', { TableName: 'things', Item: { ...key('p', sk), filler: S('x'.repeat(390_000)) } });
    expect(await call('Query', query({ Select: 'COUNT' }))).toMatchObject({ Count: 3, LastEvaluatedKey: key('p', 'c') });
  });

  test('a scan in pages sees every item once', async () => {
    const { call } = await filled();
    const seen: string[] = [];
    let ExclusiveStartKey;
    do {
      const answer: Awaited<ReturnType<typeof call>> = await call('Scan', { TableName: 'things', Limit: 2, ExclusiveStartKey });
      seen.push(...(answer.Items ?? []).map((item) => `${item['pk']?.S}${item['sk']?.S}`));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    expect(seen.sort()).toEqual(['pa', 'pb', 'pc', 'pd', 'qy', 'qz']);
  });

  test.each<[string, object, string]>([
    ['no partition key', { KeyConditionExpression: 'sk = :p' }, 'Query condition missed key schema element: pk'],
    ['an open partition', { KeyConditionExpression: 'pk > :p' }, 'Query key condition not supported'],
    ['OR', { KeyConditionExpression: 'pk = :p OR sk = :p' }, 'Invalid operator used in KeyConditionExpression: OR'],
    ['a filter on a key', { FilterExpression: 'sk = :p' }, 'Filter Expression can only contain non-primary key attributes: Primary key attribute: sk'],
    ['an unknown index', { IndexName: 'none' }, 'The table does not have the specified index: none'],
    ['a consistent read of an index', { IndexName: 'by-owner', ConsistentRead: true }, 'Consistent reads are not supported on global secondary indexes'],
    ['a number for a string key', { ExpressionAttributeValues: { ':p': N(1) } }, 'One or more parameter values were invalid: Condition parameter type does not match schema type'],
    ['an attribute an index lacks', { IndexName: 'by-owner', KeyConditionExpression: 'ownerId = :p', ProjectionExpression: 'note' }, 'One or more parameter values were invalid: Global secondary index by-owner does not project [note]'],
  ])('a query with %s is refused', async (_name, more, message) => {
    const { call } = await filled();
    expect(await refusal(call('Query', query(more)))).toMatchObject({ code: 'ValidationException', message });
  });
});

describe('transactions', () => {
  const put = (pk: string, more: object = {}) => ({ Put: { TableName: 'things', Item: key(pk), ...more } });

  test('one failed condition cancels everything and names each reason', async () => {
    const { call } = await engineWithTable();
    await call('PutItem', { TableName: 'things', Item: { ...key('2'), v: N(1) } });
    const refused = await refusal(
      call('TransactWriteItems', {
        TransactItems: [
          put('1'),
          { ConditionCheck: { TableName: 'things', Key: key('2'), ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
          { Update: { TableName: 'things', Key: key('3'), UpdateExpression: 'SET absent.x = :v', ExpressionAttributeValues: { ':v': N(1) } } },
        ],
      }),
    );
    expect(refused).toEqual({
      code: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError]',
      members: {
        CancellationReasons: [
          { Code: 'None' },
          { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { ...key('2'), v: N(1) } },
          { Code: 'ValidationError', Message: 'The document path provided in the update expression is invalid for update' },
        ],
      },
    });
    expect(await call('GetItem', { TableName: 'things', Key: key('1') })).not.toHaveProperty('Item');
  });

  test('a repeated token does nothing for ten minutes, and refuses another payload', async () => {
    const { call, clock } = await engineWithTable();
    const bump = (by: number) => ({
      ClientRequestToken: 'once',
      TransactItems: [{ Update: { TableName: 'things', Key: key('1'), UpdateExpression: 'ADD hits :by', ExpressionAttributeValues: { ':by': N(by) } } }],
    });
    await call('TransactWriteItems', bump(1));
    await call('TransactWriteItems', bump(1));
    expect((await call('GetItem', { TableName: 'things', Key: key('1') })).Item?.['hits']).toEqual(N(1));
    expect((await refusal(call('TransactWriteItems', bump(2)))).code).toBe('IdempotentParameterMismatchException');
    await clock.advance(10 * 60_000);
    await call('TransactWriteItems', bump(1));
    expect((await call('GetItem', { TableName: 'things', Key: key('1') })).Item?.['hits']).toEqual(N(2));
  });

  test.each<[string, object[], string]>([
    ['two actions on one item', [put('1'), { Delete: { TableName: 'things', Key: key('1') } }], 'Transaction request cannot include multiple operations on one item'],
    ['101 actions', Array.from({ length: 101 }, (_, index) => put(String(index))), "1 validation error detected: Value '[...]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"],
  ])('%s are refused', async (_name, TransactItems, message) => {
    const { call } = await engineWithTable();
    expect(await refusal(call('TransactWriteItems', { TransactItems }))).toMatchObject({ code: 'ValidationException', message });
  });

  test('TransactGetItems answers in the order asked, with gaps', async () => {
    const { call } = await engineWithTable();
    await call('TransactWriteItems', { TransactItems: [put('1'), put('2')] });
    const Get = (pk: string) => ({ Get: { TableName: 'things', Key: key(pk), ProjectionExpression: 'pk' } });
    expect(await call('TransactGetItems', { TransactItems: [Get('2'), Get('9'), Get('1')] })).toMatchObject({ Responses: [{ Item: { pk: S('2') } }, {}, { Item: { pk: S('1') } }] });
  });

  test('batches write and read, and refuse one key twice', async () => {
    const { call } = await engineWithTable();
    const things = ['1', '2'].map((pk) => ({ PutRequest: { Item: key(pk) } }));
    await call('BatchWriteItem', { RequestItems: { things: [...things, { DeleteRequest: { Key: key('3') } }] } });
    expect(await call('BatchGetItem', { RequestItems: { things: { Keys: [key('1'), key('2'), key('3')] } } })).toMatchObject({
      Responses: { things: [key('1'), key('2')] },
      UnprocessedKeys: {},
    });
    expect(await refusal(call('BatchWriteItem', { RequestItems: { things: [things[0], things[0]] } }))).toMatchObject({ message: 'Provided list of item keys contains duplicates' });
  });
});

describe('tables', () => {
  const definition = {
    TableName: 'other',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  };

  test('a new table takes requests once it is ACTIVE, and a deleted one is gone', async () => {
    const { call, clock } = engine();
    expect(await call('CreateTable', definition)).toMatchObject({ TableDescription: { TableStatus: 'CREATING', TableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/other' } });
    expect((await refusal(call('GetItem', { TableName: 'other', Key: { id: S('1') } }))).code).toBe('ResourceNotFoundException');
    await clock.advance(5_000);
    expect(await call('DescribeTable', { TableName: 'other' })).toMatchObject({ Table: { TableStatus: 'ACTIVE', BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } } });
    expect((await refusal(call('CreateTable', definition))).code).toBe('ResourceInUseException');
    await call('DeleteTable', { TableName: 'other' });
    await clock.advance(5_000);
    expect(await refusal(call('DescribeTable', { TableName: 'other' }))).toMatchObject({ code: 'ResourceNotFoundException', message: 'Requested resource not found: Table: other not found' });
    expect(await call('ListTables', {})).toEqual({ TableNames: [] });
  });

  test('an index added later holds what was there before', async () => {
    const { call, clock } = engine();
    await call('CreateTable', definition);
    await clock.advance(5_000);
    await call('PutItem', { TableName: 'other', Item: { id: S('1'), colour: S('red') } });
    await call('UpdateTable', {
      TableName: 'other',
      AttributeDefinitions: [{ AttributeName: 'colour', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [{ Create: { IndexName: 'by-colour', KeySchema: [{ AttributeName: 'colour', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } } }],
    });
    await clock.advance(5_000);
    const answer = await call('Query', { TableName: 'other', IndexName: 'by-colour', KeyConditionExpression: 'colour = :c', ExpressionAttributeValues: { ':c': S('red') } });
    expect(answer.Items).toEqual([{ id: S('1'), colour: S('red') }]);
  });

  test('items disappear some time after they expire, unless their time is five years old', async () => {
    const { call, clock } = await engineWithTable();
    await call('UpdateTimeToLive', { TableName: 'things', TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } });
    const nowS = Math.floor(clock.nowMs() / 1000);
    await call('PutItem', { TableName: 'things', Item: { ...key('soon'), expires: N(nowS + 60) } });
    await call('PutItem', { TableName: 'things', Item: { ...key('old'), expires: N(nowS - 6 * 365 * 24 * 3600) } });
    await call('PutItem', { TableName: 'things', Item: { ...key('text'), expires: S(String(nowS + 60)) } });
    await clock.advance(15 * 60_000);
    expect(await call('Scan', { TableName: 'things', Select: 'COUNT' })).toMatchObject({ Count: 3 });
    await clock.advance(60_000);
    expect((await call('Scan', { TableName: 'things' })).Items?.map((item) => item['pk']?.S).sort()).toEqual(['old', 'text']);
  });
});

describe('permissions', () => {
  const role = { kind: 'role', arn: 'arn:aws:sts::123456789012:assumed-role/r/s', roleArn: 'arn:aws:iam::123456789012:role/r', sessionName: 's' } as const;

  test('an index query is about the index, and names the partition', async () => {
    const { call, calls } = await engineWithTable();
    await call('Query', { TableName: 'things', IndexName: 'by-owner', KeyConditionExpression: 'ownerId = :m', ExpressionAttributeValues: { ':m': S('me') } });
    expect(calls.at(-1)?.permissions).toEqual([
      {
        action: 'dynamodb:Query',
        resource: 'arn:aws:dynamodb:eu-west-1:123456789012:table/things/index/by-owner',
        context: { 'dynamodb:LeadingKeys': ['me'], 'dynamodb:Select': 'ALL_PROJECTED_ATTRIBUTES' },
      },
    ]);
  });

  test('a transaction needs what each of its actions needs', async () => {
    const { call, calls } = await engineWithTable();
    await call('TransactWriteItems', {
      TransactItems: [
        { Put: { TableName: 'things', Item: key('1') } },
        { ConditionCheck: { TableName: 'things', Key: key('2'), ConditionExpression: 'attribute_not_exists(pk)' } },
        { Delete: { TableName: 'things', Key: key('3') } },
      ],
    });
    expect(calls.at(-1)?.permissions.map((permission) => permission.action)).toEqual(['dynamodb:PutItem', 'dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem']);
  });

  test('a table under a customer key needs kms:Decrypt through DynamoDB', async () => {
    const test = testKernel();
    test.register(new DynamoDbModel(test.kernel));
    const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/k';
    const describeKey = { permissions: () => [], handle: () => ({ KeyMetadata: { Arn: keyArn, Enabled: true } }) };
    test.register({ signingName: 'kms', operations: { DescribeKey: describeKey } });
    await test.call('dynamodb', 'CreateTable', {
      TableName: 'sealed', BillingMode: 'PAY_PER_REQUEST', SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId: 'alias/mine' },
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    expect(test.authorizations[0]?.permissions.map((permission) => permission.action)).toEqual(['kms:CreateGrant', 'kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey']);
    await test.clock.advance(10_000);
    await test.kernel.call(role, 'dynamodb', 'PutItem', { TableName: 'sealed', Item: { id: S('1') } });
    expect(test.calls.at(-1)?.permissions[1]).toMatchObject({
      action: 'kms:Decrypt', resource: keyArn, context: { 'kms:ViaService': 'dynamodb.eu-west-1.amazonaws.com', 'kms:EncryptionContext:aws:dynamodb:tableName': 'sealed' },
    });
  });
});
