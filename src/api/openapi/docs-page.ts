import type { OpenAPIObject } from '@nestjs/swagger';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: unknown): string => String(text).replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '');

/** Escaped text in which what stood in backquotes is code. */
const prose = (text: string): string => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');

interface Schema {
  readonly [key: string]: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** A schema in one line: its name as a link, or its kind. */
function kindOf(schema: Schema | undefined): string {
  if (schema === undefined) return 'bytes';
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const name = reference.split('/').at(-1) ?? '';
    return `<a href="#schema-${escape(name)}">${escape(name)}</a>`;
  }
  const choices = schema['anyOf'];
  if (Array.isArray(choices)) return choices.map((choice: Schema) => kindOf(choice)).join(' or ');
  const values = schema['enum'];
  if (Array.isArray(values)) return values.map((value) => `<code>${escape(value)}</code>`).join(' or ');
  return schema['type'] === 'array' ? `array of ${kindOf(schema['items'] as Schema)}` : escape(schema['type'] ?? 'any');
}

const row = (...cells: string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;

const parameterRow = (parameter: Parameter): string =>
  row(
    `<code>${escape(parameter.name)}</code>`,
    `${escape(parameter.in)}${parameter.required ? ', required' : ''}`,
    kindOf(parameter.schema),
    prose(parameter.description ?? ''),
  );

const contentText = ({ content = {} }: Content): string =>
  Object.entries(content)
    .map(([type, { schema }]) => `<code>${escape(type)}</code>: ${kindOf(schema)}`)
    .join('; ');

function operationSection({ method, path, operation }: Listed): string {
  const { parameters = [], requestBody, responses } = operation;
  const answers = Object.entries(responses).filter(([status]) => Number(status) < 400);
  const problems = Object.keys(responses).filter((status) => Number(status) >= 400);
  return `<section id="${escape(operation.operationId)}"><h3><code>${escape(method)} ${escape(path)}</code></h3>
<p>${prose(operation.summary)}. ${prose(operation.description ?? '')}</p>
<table>${parameters.map(parameterRow).join('')}</table>
${requestBody ? `<p>Body: ${contentText(requestBody)}</p>` : ''}
${answers.map(([status, answer]) => `<p>${escape(status)}: ${contentText(answer) || 'no body'}</p>`).join('')}
<p>Problems: ${problems.map(escape).join(', ')}</p></section>`;
}

function schemaSection([name, schema]: [string, unknown]): string {
  const { properties, required = [], description } = schema as Schema;
  const rows = Object.entries((properties ?? {}) as Record<string, Schema>).map(([field, of]) =>
    row(
      `<code>${escape(field)}</code>`,
      (required as string[]).includes(field) ? 'required' : '',
      kindOf(of),
      prose((of['description'] as string | undefined) ?? ''),
    ),
  );
  const body = rows.length > 0 ? `<table>${rows.join('')}</table>` : `<p>${kindOf(schema as Schema)}</p>`;
  return `<section id="schema-${escape(name)}"><h3>${escape(name)}</h3><p>${prose((description as string | undefined) ?? '')}</p>${body}</section>`;
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}td{padding:.1rem .8rem .1rem 0;vertical-align:top}h3{margin:2rem 0 0}code{font-size:.95em}';

/** The OpenAPI document as one page for people: no scripts, nothing from elsewhere. */
export function docsPage({ info, paths, components }: OpenAPIObject): string {
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]): Listed => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
  const tags = [...new Set(listed.flatMap(({ operation }) => operation.tags ?? []))];
  const contents = tags.map((tag) => {
    const below = listed.filter(({ operation }) => operation.tags?.includes(tag));
    const links = below.map(
      ({ method, path, operation }) =>
        `<li><a href="#${escape(operation.operationId)}"><code>${escape(method)} ${escape(path)}</code></a> ${prose(operation.summary)}</li>`,
    );
    return { links: `<h3>${escape(tag)}</h3><ul>${links.join('')}</ul>`, text: below.map(operationSection).join('') };
  });
  const schemas = Object.entries(components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(info.title)}</title><style>${STYLE}</style></head>
<body><h1>${escape(info.title)}</h1><p>${prose(info.description ?? '')} This page is made from <a href="/openapi.json">openapi.json</a>.</p>
${contents.map(({ links }) => links).join('')}
${contents.map(({ text }) => text).join('')}
<h2>Schemas</h2>${schemas.map(schemaSection).join('')}</body></html>`;
}
