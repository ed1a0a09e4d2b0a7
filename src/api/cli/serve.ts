import { Command, Option } from 'commander';

interface Options {
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
}

/** The variables that options stand for. */
const VARIABLES = { port: 'PORT', host: 'HOST', dataDir: 'DATA_DIR' } as const satisfies Record<keyof Options, string>;

/** `vmledger serve`: what `npm start` runs. It ends the process itself. */
export const serveCommand = (): Command =>
  new Command('serve')
    .description('serve a data directory until SIGTERM or SIGINT; options go before the environment')
    .addOption(new Option('-p, --port <number>', 'where to listen, 0 for any free port; PORT, or 8086, if absent'))
    .addOption(new Option('--host <address>', 'where to listen; HOST, or 127.0.0.1, if absent'))
    .addOption(new Option('-d, --data-dir <folder>', 'the data directory; DATA_DIR, or ./data, if absent'))
    .addHelpText('after', '\nExit codes: 0 told to end, 1 cannot start, 2 wrong arguments')
    .action(async (options: Options) => {
      for (const [name, variable] of Object.entries(VARIABLES)) {
        const value = options[name as keyof Options];
        if (value !== undefined) process.env[variable] = value;
      }
      await import('../main.js');
    });
