import * as z from 'zod';
import { idSchema } from './events.ts';
import { linesSchema } from './text.ts';

/** What people and agents say about tasks, suggestions and incidents. Times are epoch milliseconds. */

export const COMMENTED = ['task', 'suggestion', 'incident'] as const;
export const commentedSchema = z.enum(COMMENTED);
export type Commented = z.infer<typeof commentedSchema>;

export const commentSchema = z.object({
  id: z.number().int(),
  entity_type: commentedSchema,
  entity_id: z.string(),
  author_type: z.enum(['human', 'agent']),
  /** Of whoever may change it: a user, a session, a key, or an agent. */
  author_id: z.string(),
  author_name: z.string(),
  text: z.string(),
  /** Whom it mentions, and what stands for them in the text after the `@`. */
  mentions: z.array(z.object({ user_id: z.string(), text: z.string() })),
  created_at: z.number(),
  /** Null where it is as it was written first. */
  edited_at: z.number().nullable(),
  /** Grows with every edit; the ETag. */
  revision: z.number().int(),
});
export type Comment = z.infer<typeof commentSchema>;

export const commentDeletedSchema = commentSchema.pick({ id: true, entity_type: true, entity_id: true });
export type CommentDeleted = z.infer<typeof commentDeletedSchema>;

/** 1 to 4,000 characters besides the spaces around them. */
export const commentTextSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(4_000, 'must be at most 4000 characters')
  .pipe(linesSchema)
  .describe('`@` and the name or the e-mail address of a user mentions them');

/** What somebody says where it is known about what. */
export const saidSchema = z.strictObject({ text: commentTextSchema });

export const newCommentSchema = saidSchema.extend({
  entity_type: commentedSchema,
  entity_id: z.union([idSchema, z.number().int().min(1).transform(String)]).describe('A task, a suggestion, or an incident'),
});
export type NewComment = z.output<typeof newCommentSchema>;
