/** Entry of the processes that run users' SQL on recordings: what goes wrong there ends no more than one of them. */
import { serveSql } from '../src/recordings/sql/child.ts'

serveSql()
