/** Ends the reading of a query; its message is InfluxDB's whole text. */
export class QuerySyntaxError extends Error {}
