import type { Routes } from './routes.ts';

/** What clients of the REST API share: the name of a route, `get /tasks/{task_id}`, tells what it takes and answers. */

export type RouteName = keyof Routes;
/** Routes of some methods: `NameOf<'get'>`. */
export type NameOf<Method extends string> = Extract<RouteName, `${Method} ${string}`>;
export type Answer<Name extends RouteName> = Routes[Name]['answer'];
/** One item of what a list answers. */
export type ItemOf<Name extends RouteName> = Answer<Name> extends { items: (infer Item)[] } ? Item : never;
export type Body<Name extends RouteName> = Routes[Name] extends { body: infer Given } ? Given : undefined;

/** What is undefined, null or empty is left out of a query, and a number is as good as its digits. */
type Loose<Fields> = {
  [Field in keyof Fields]: Digits<Fields[Field]> | (object extends Pick<Fields, Field> ? null | undefined : never);
};
type Digits<Value> = string extends Value ? Value | number : Value;
type Params<Name extends RouteName> = Routes[Name] extends { params: infer Given } ? { params: Given } : { params?: undefined };
type Query<Name extends RouteName> = Routes[Name] extends { query: infer Given }
  ? object extends Given
    ? { query?: Loose<Given> | undefined }
    : { query: Loose<Given> }
  : { query?: undefined };
type Sent<Name extends RouteName> = Routes[Name] extends { body: infer Given } ? { body: Given } : { body?: undefined };

/** Where a route is: its path's places filled, and its query. */
export type Place<Name extends RouteName> = Params<Name> & Query<Name>;
export type Question<Name extends RouteName> = Place<Name> & Sent<Name>;
/** A question may be left out where the route asks for nothing. */
export type Asked<Given> = object extends Given ? [given?: Given] : [given: Given];

/** The method and the address of a route, below the origin. */
export function addressOf<Name extends RouteName>(name: Name, place: Place<Name>): { method: string; url: string } {
  const { params = {}, query = {} } = place as { params?: Readonly<Record<string, unknown>>; query?: object };
  const [method = '', path = ''] = name.split(' ');
  const search = new URLSearchParams();
  for (const [field, value] of Object.entries(query) as [string, unknown][]) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (one !== undefined && one !== null && one !== '') search.append(field, String(one));
    }
  }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(params[field])));
  return { method: method.toUpperCase(), url: `/api/v1${filled}${search.size === 0 ? '' : `?${search}`}` };
}
