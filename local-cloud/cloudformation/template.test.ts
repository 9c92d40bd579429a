// YAML's short forms mean what the long forms mean, and intrinsic functions evaluate as documented.
import { evaluate, evaluateConditions, referencesIn } from './intrinsics.ts';
import { readTemplate } from './template.ts';

const value = (yaml: string): unknown => readTemplate(`Resources: { A: { Type: T, Properties: { V: ${yaml} } } }`).Resources['A']?.Properties?.['V'];

const scope = {
  template: readTemplate('{"Resources":{"A":{"Type":"T"}},"Mappings":{"Sizes":{"prod":{"cpu":4}}}}'),
  parameters: { Stage: 'prod', Subnets: ['a', 'b'], 'AWS::Region': 'eu-west-1' },
  conditions: { Yes: true, No: false },
  resource: (logicalId: string) => (logicalId === 'Topic' ? { ref: 'arn:topic', attributes: { 'Nested.Name': 'n', TopicName: 't' } } : undefined),
  importValue: (name: string) => `imported ${name}`,
};

test.each<[string, unknown]>([
  ['!Ref Stage', 'prod'],
  ['!Ref Subnets', ['a', 'b']],
  ['!GetAtt Topic.Nested.Name', 'n'],
  ['!GetAtt [Topic, TopicName]', 't'],
  ['!Sub "${Stage}-${Topic}-${Topic.TopicName}-${AWS::Region}-${!Literal}"', 'prod-arn:topic-t-eu-west-1-${Literal}'],
  ['!Sub ["${X}/${Stage}", { X: !Ref Topic }]', 'arn:topic/prod'],
  ['!Join ["-", [a, !Ref Stage, 3]]', 'a-prod-3'],
  ['!Select [1, !Split [",", "x,y,z"]]', 'y'],
  ['!Select ["0", !Ref Subnets]', 'a'],
  ['!If [Yes, !Ref Stage, other]', 'prod'],
  ['[a, !If [No, b, !Ref "AWS::NoValue"]]', ['a']],
  ['{ a: 1, b: !Ref "AWS::NoValue" }', { a: 1 }],
  ['!FindInMap [Sizes, !Ref Stage, cpu]', 4],
  ['!ImportValue shared', 'imported shared'],
  ['!Base64 hi', 'aGk='],
  ['{ Version: 2012-10-17, On: yes }', { Version: '2012-10-17', On: 'yes' }],
])('%s', (yaml, want) => {
  expect(evaluate(value(yaml), scope)).toEqual(want);
});

test('conditions refer to each other and combine', () => {
  const template = readTemplate(`
Conditions:
  Both: !And [!Condition Prod, !Not [!Condition Small]]
  Prod: !Equals [!Ref Stage, prod]
  Small: !Or [!Equals [!Ref Stage, dev], !Equals ["1", 2]]
Resources: { A: { Type: T } }`);
  expect(evaluateConditions({ ...scope, template })).toEqual({ Both: true, Prod: true, Small: false });
});

test('references are found in Ref, GetAtt and Sub, and not in what Sub defines itself', () => {
  const found = referencesIn(value('[!Ref A, !GetAtt B.C, !Sub "${D} ${E.F} ${!G}", !Sub ["${H} ${I}", { H: !Ref J }]]'));
  expect([...found].sort()).toEqual(['A', 'B', 'D', 'E', 'I', 'J']);
});

test('anchors and merge keys read like their long forms', () => {
  const template = readTemplate('Metadata: { base: &base { a: 1, b: !Ref X } }\nResources: { A: { Type: T, Properties: { <<: *base, b: 2, c: *base } } }');
  expect(template.Resources['A']?.Properties).toEqual({ a: 1, b: 2, c: { a: 1, b: { Ref: 'X' } } });
});
