import type { ChannelAction } from "../../access/rights.js";
import type { Scope } from "../../access/scope.js";

/** A rule as the configuration writes it. */
export interface RuleOptions {
  readonly allow?: readonly ChannelAction[] | undefined;
  readonly deny?: readonly ChannelAction[] | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly users?: readonly string[] | undefined;
  readonly clients?: readonly string[] | undefined;
  readonly anonymous: boolean;
  readonly qos?: 0 | 1 | 2 | undefined;
  readonly retain?: boolean | undefined;
}

export interface ScopeOptions {
  readonly users: readonly string[];
  readonly scopes: readonly Scope[];
}

/** The section `rights`. */
export interface RightsOptions {
  readonly rules: readonly RuleOptions[];
  readonly file?: string | undefined;
  readonly aclFile?: string | undefined;
  readonly scopes: readonly ScopeOptions[];
}

/** What a rights file holds, once it was found to be well formed. */
export interface RightsFile {
  readonly rules: readonly RuleOptions[];
  readonly scopes: readonly ScopeOptions[];
  /** Where something in it was written, as `rights.yaml:12`. */
  locate(path: readonly (string | number)[]): string;
}

/** Throws when the file does not hold what it should, with every reason and its place. */
export type ReadRightsFile = (name: string) => RightsFile;
