import t from 'tap'
import eval_ from '../../src/nodes/eval.ts'
import { type Drive, driveAll, lambda } from './drive.ts'
import { Rig } from './rig.ts'

interface Request {
  readonly lambdas: readonly string[]
  readonly as: string
  readonly tags?: string
  readonly keep?: string
}

/** Names are parted by blanks. */
function options({ lambdas, as, tags = '', keep }: Request): Record<string, unknown> {
  const names = (text: string): string[] => text.split(' ').filter((name) => name !== '')
  return {
    lambdas: lambdas.map(lambda),
    as: names(as),
    tags: names(tags),
    ...(keep === undefined ? {} : { keep: names(keep) })
  }
}

function drive(request: Request, input: string, output: string, more: Partial<Drive> = {}): Drive {
  return {
    node: eval_,
    options: options(request),
    input: input.split('\n'),
    output: output === '' ? [] : output.split('\n'),
    ...more
  }
}

const failed = (why: string): string => `error evaluating expression: ${why}`

driveAll({
  'without keep only the results stay': drive(
    { lambdas: ['"a" + "b"', '"sum" * 2.0'], as: 'sum twice' },
    'm,t=1 a=1,b=2 1s\nm,t=1 a=3,b=4,c="x" 2s',
    'm,t=1 sum=3,twice=6 1s\nm,t=1 sum=7,twice=14 2s'
  ),
  'keep without names keeps all fields, results over them': drive(
    { lambdas: ['"a" + "b"', '"sum" * 2.0'], as: 'sum a', keep: '' },
    'm a=1,b=2 1s\nm a=3,b=4,c="x" 2s',
    'm a=6,b=2,sum=3 1s\nm a=14,b=4,c="x",sum=7 2s'
  ),
  'keep with names keeps exactly these': drive(
    { lambdas: ['"v" * 2.0', '"w" + 1.0'], as: 'w x', keep: 'v x' },
    'm,host=a,dc=x v=3,n=4i 1s',
    'm,dc=x,host=a v=3,x=7 1s'
  ),
  'a kept field that does not exist drops the point': drive(
    { lambdas: ['"a"'], as: 'b', keep: 'b c' },
    'm a=1 1s\nm a=1,c=2 2s',
    'm b=1,c=2 2s',
    { pointErrors: [failed('cannot keep field "c", field does not exist')] }
  ),
  'a name that a lambda read and the point lacks cannot be kept': drive(
    { lambdas: ['isPresent("n")'], as: 'has', keep: 'has n' },
    'm a=1 1s\nm n=1i 2s',
    'm has=true,n=1i 2s',
    { pointErrors: [failed('cannot keep field "n", field does not exist')] }
  ),
  'a tag that a lambda read can be kept as a field': drive(
    { lambdas: ['strLength("host")'], as: 'n', keep: 'n host' },
    'm,host=abc v=1 1s',
    'm,host=abc host="abc",n=3i 1s'
  ),
  'without lambdas eval selects fields': drive({ lambdas: [], as: '', keep: 'v' }, 'm v=1,w=2 1s', 'm v=1 1s'),
  'a later reference to a field brings its value back over the result of that name': drive(
    { lambdas: ['"v" + 1.0', '"v" * 10.0'], as: 'v b' },
    'm v=3 1s',
    'm b=30,v=3 1s'
  ),
  'without a later reference the result replaces the field': drive(
    { lambdas: ['"x" + 1.0', '"y" * 2.0', '1'], as: 'y z x', keep: '' },
    'm x=1,y=100 1s',
    'm x=1i,y=100,z=200 1s'
  ),
  'a tag hides the result of its name from later lambdas': drive(
    { lambdas: ['1.0', 'strLength("host")'], as: 'host n' },
    'm,host=abc v=1 1s\nm v=1 2s',
    'm,host=abc host="abc",n=3i 1s',
    {
      pointErrors: [
        failed('Cannot call function "strLength" with args ("host": float), available signatures are [(string)].')
      ]
    }
  ),
  'a result is seen only by those after it': drive(
    { lambdas: ['"later" + 1.0', '"a"'], as: 'x later' },
    'm a=1.5 1s\nm a=-4,later=7 2s',
    'm later=-4,x=8 2s',
    { pointErrors: [failed('invalid math operator + for type missing')] }
  ),
  'results may change their types from point to point': drive(
    { lambdas: ['"v"', 'string("r")'], as: 'r s' },
    'm v=1 1s\nm v=2i 2s\nm v=true 3s\nm v=4 4s',
    'm r=1,s="1" 1s\nm r=2i,s="2" 2s\nm r=true,s="true" 3s\nm r=4,s="4" 4s'
  ),
  'results become tags, and leave the fields unless kept': drive(
    { lambdas: ['string("code" / 100) + \'xx\'', '"code" * 2'], as: 'class twice', tags: 'class' },
    'req,host=a code=200i 1s\nreq,host=a code=204i 2s\nreq,host=a code=503i 3s',
    'req,class=2xx,host=a twice=400i 1s\nreq,class=2xx,host=a twice=408i 2s\nreq,class=5xx,host=a twice=1006i 3s'
  ),
  'keep without names keeps results that are tags as fields too': drive(
    { lambdas: ['strToUpper("host")'], as: 'up', tags: 'up', keep: '' },
    'req,host=a code=200i 1s',
    'req,host=a,up=A code=200i,up="A" 1s'
  ),
  'a tag can only be a string': drive(
    { lambdas: ['"code"'], as: 'bad', tags: 'bad' },
    'req code=1i 1s\nreq code=1 2s',
    '',
    {
      pointErrors: ['int64', 'float64'].map((type) =>
        failed(`result of a tag expression must be of type string, got ${type}`)
      ),
      stats: { errors: 2 }
    }
  ),
  'a name that is both field and tag drops the point': drive(
    { lambdas: ['"x" + \'!\''], as: 'v' },
    'm,x=tag y=1 1s\nm,x=tag x="field" 2s\nm x="field" 3s',
    'm,x=tag v="tag!" 1s\nm v="field!" 3s',
    { pointErrors: [failed('cannot have field and tags with same name "x"')] }
  ),
  'an integer divided by zero drops the point': drive({ lambdas: ['1 / "n"'], as: 'v' }, 'm n=0i 1s', '', {
    pointErrors: [failed('runtime error: integer divide by zero')]
  }),
  'functions keep their state by group, over batches; errors drop single points': {
    node: eval_,
    edge: 'batch',
    groupBy: ['g'],
    options: options({ lambdas: ['"a"', 'count()', `if("a" > 5.0, 'big', 'small')`], as: 'q n size', tags: 'size' }),
    input: ['BATCH m,g=1 4s a=1 0s; x=2 1s; a=9 2s', 'BATCH m,g=2 4s a=1 0s', 'BATCH m,g=1 8s a=4 5s'],
    output: [
      'm,g=1 tmax=4s [,size=small n=1i,q=1 0s; ,size=big n=2i,q=9 2s]',
      'm,g=2 tmax=4s [,size=small n=1i,q=1 0s]',
      'm,g=1 tmax=8s [,size=small n=3i,q=4 5s]'
    ],
    pointErrors: [failed('missing value: "a"')],
    stats: { cardinality: 2 }
  }
})

t.test('a tag that is a dimension moves the point to another group', async (t) => {
  const request: Request = { lambdas: ['"host" + \'!\''], as: 'host', tags: 'host' }
  const rig = new Rig(eval_, { groupBy: ['host'], options: options(request) })
  const groups: string[] = []
  rig.node.out[0]!.to.point = ({ group }) => groups.push(group.id)
  const point = rig.make('m,host=a v=1 1s')
  rig.node.point(point, 0)
  rig.node.point(point, 0)
  t.strictSame(groups, ['host=a!', 'host=a!'])
})

t.test('names that do not fit the lambdas refuse the script', async (t) => {
  const refusal = (request: Request) => eval_.spec.validate!(options(request) as never, undefined as never)
  t.equal(
    refusal({ lambdas: ['1', '2'], as: 'a' }),
    'must specify same number of expressions and .as() names: got 1 as names, and 2 expressions.'
  )
  t.equal(refusal({ lambdas: ['1'], as: 'a', tags: 'a z' }), 'invalid tag name "z", name is not present is .as() names')
  t.equal(refusal({ lambdas: ['1'], as: 'a', tags: 'a' }), undefined)
})

t.test('a lambda that cannot be compiled refuses the start', async (t) => {
  t.throws(() => new Rig(eval_, { options: options({ lambdas: ['1', `'a' - 'b'`], as: 'a b' }) }), {
    message: 'Failed to compile 1 expression: invalid math operator - for type string'
  })
})

t.test('eval asks for what it reads and what it keeps', async (t) => {
  const requiredFields = (request: Request, below: 'all' | Set<string>) =>
    eval_.spec.requiredFields!(options(request) as never, below)
  const request: Request = { lambdas: ['"a" + "b"'], as: 'c' }
  t.strictSame(requiredFields(request, 'all'), new Set(['a', 'b']))
  t.strictSame(requiredFields({ ...request, keep: 'c d' }, 'all'), new Set(['a', 'b', 'c', 'd']))
  t.strictSame(requiredFields({ ...request, keep: '' }, new Set(['x'])), new Set(['a', 'b', 'x']))
  t.equal(requiredFields({ ...request, keep: '' }, 'all'), 'all')
})
