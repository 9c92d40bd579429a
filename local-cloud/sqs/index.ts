// Amazon SQS.
export { SqsModel } from './sqs-model.ts';
export type { SqsPorts } from './sqs-model.ts';
export { queueArnOf, queueNameOfArn, queueNameOfUrl, queueUrlOf } from './names.ts';
