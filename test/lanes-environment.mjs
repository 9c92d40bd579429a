// Node as tests see it. Who has no world gives way to who has one: a world must answer in time however busy the machine is.
import { setPriority } from 'node:os';
import { TestEnvironment } from 'jest-environment-node';
import { hasWorld } from './lanes.mjs';

// More would leave it nothing where others use the machine too, and it has limits of its own.
const GIVES_WAY = 5;

export default class LanesEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    if (!hasWorld(context.testPath)) setPriority(GIVES_WAY);
  }
}
