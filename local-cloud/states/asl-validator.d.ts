// The package ships no types. Only what the tests use of it.
declare module 'asl-validator' {
  export default function validate(definition: object): { isValid: boolean; errorsText(separator?: string): string };
}
