// Rules for names of machines and executions. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
import { AwsError } from '../../kernel/errors.ts';

// Not allowed: white space, brackets, wildcards, special characters, control characters.
const FORBIDDEN = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]/;

export function checkName(name: string): void {
  if (name.length < 1 || name.length > 80 || FORBIDDEN.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}
