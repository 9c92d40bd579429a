// `npx tsx test/acceptance/report-permissions.ts`: what every role of Slipway may do, and how often it did in a run of everything.
import { runEverything, SLIPWAY_STACK } from './everything.ts';
import { asTable, permissionsOf, unused } from './permission-table.ts';

const { world, ends } = await runEverything();
try {
  const report = await permissionsOf(world, SLIPWAY_STACK);
  process.stdout.write(`${asTable(report.grants)}\n\n${Object.entries(ends).map(([part, end]) => `${part}: ${end}`).join('\n')}\n\n`);
  process.stdout.write(`${report.grants.length} grants, ${unused(report).length} never used\n${report.denials.map((denial) => `denied: ${denial}\n`).join('')}`);
} finally {
  await world.close();
}
