import { redactionSchema } from '@fleetbeat/contracts/redaction.ts';
import { customPatternMistake } from './custom-pattern.ts';

/** Settings whose patterns are ones of RE2. */
export const checkedRedactionSchema = redactionSchema.check((context) => {
  context.value.patterns.forEach(({ pattern }, index) => {
    const message = customPatternMistake(pattern);
    if (message === null) return;
    context.issues.push({ code: 'custom', path: ['patterns', index, 'pattern'], message, input: pattern });
  });
});
