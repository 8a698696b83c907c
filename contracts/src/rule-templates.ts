/** Templates of annotations. */

/** What a template may name between double braces. */
export const TEMPLATE_FIELDS = ['value', 'key', 'threshold', 'rule', 'level'] as const;
export type TemplateField = (typeof TEMPLATE_FIELDS)[number];

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Fills the placeholders of a template that `templateMistake` has nothing against. */
export function fillTemplate(template: string, fields: Readonly<Record<TemplateField, string>>): string {
  return template.replaceAll(PLACEHOLDER, (whole, name: string) => (isTemplateField(name) ? fields[name] : whole));
}

/** What is wrong with a template, as a sentence; undefined where nothing is. */
export function templateMistake(template: string): string | undefined {
  for (const [whole, name = ''] of template.matchAll(PLACEHOLDER)) {
    if (!isTemplateField(name)) return `${whole} is none of ${TEMPLATE_FIELDS.map((field) => `{{${field}}}`).join(', ')}`;
  }
  const rest = template.replaceAll(PLACEHOLDER, '');
  return rest.includes('{{') || rest.includes('}}') ? 'a {{ without its }}, or the other way round' : undefined;
}

function isTemplateField(name: string): name is TemplateField {
  return (TEMPLATE_FIELDS as readonly string[]).includes(name);
}
