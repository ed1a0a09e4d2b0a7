/** Who may import whom (docs/architecture.md). Checked by `npm test`; test/layers.test.ts shows that it bites. */
export default {
  forbidden: [
    {
      name: 'domain-imports-nobody',
      comment: 'the domain is pure: xstate and zod, nothing else',
      severity: 'error',
      from: { path: '^src/domain' },
      to: { pathNot: ['^src/domain', 'node_modules/(xstate|zod)/'] },
    },
    {
      name: 'infra-does-not-know-the-api',
      severity: 'error',
      from: { path: '^src/infra' },
      to: { path: ['^src/api', 'node_modules/@nestjs/'] },
    },
    {
      name: 'http-knows-no-resource',
      comment: 'what every request meets, of whatever resource',
      severity: 'error',
      from: { path: '^src/api/http/' },
      to: { path: '^src/api/', pathNot: '^src/api/http/' },
    },
    {
      name: 'commands-know-no-resource',
      severity: 'error',
      from: { path: '^src/api/commands/' },
      to: { path: '^src/api/', pathNot: '^src/api/(commands|http)/' },
    },
    {
      name: 'resources-are-apart',
      severity: 'error',
      from: { path: '^src/api/(vms|audit|health)/' },
      to: { path: '^src/api/(vms|audit|health|cli)/', pathNot: '^src/api/$1/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
