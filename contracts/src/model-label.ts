/** What a model is called: messages that name no model are counted under `none`. */
export function modelLabel(model: string): string {
  return model === 'none' ? 'No model named' : model;
}
