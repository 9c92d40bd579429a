export { LogsModel } from './model.ts';
