"""onnxruntime, forward only: a graph of LSTM or GRU nodes built here, no framework before it."""
import numpy as np, onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from peer import STEPS, serve, sine


def graph(s, rng):
    gates, nodes, tensors, x, i = dict(lstm=4, gru=3)[s.cell], [], [], 'x', 1
    def tensor(name, a): tensors.append(numpy_helper.from_array(np.asarray(a), name)); return name
    draw = lambda *shape: rng.uniform(-.14, .14, shape).astype(np.float32)
    axis0, axis1 = tensor('axis0', np.array([0], np.int64)), tensor('axis1', np.array([1], np.int64))
    for k, h in enumerate(s.units):
        names = [x, tensor(f'w{k}', draw(1, gates * h, i)), tensor(f'u{k}', draw(1, gates * h, h)), tensor(f'b{k}', draw(1, 2 * gates * h))]
        last, extra = k == len(s.units) - 1, dict(linear_before_reset=1) if s.cell == 'gru' else {}
        nodes.append(helper.make_node(s.cell.upper(), names, ['', f'y{k}'] if last else [f'y{k}'], hidden_size=h, **extra))
        nodes.append(helper.make_node('Squeeze', [f'y{k}', axis0 if last else axis1], [f'h{k}']))
        x, i = f'h{k}', h
    for k, o in enumerate(s.dense):
        nodes.append(helper.make_node('Gemm', [x, tensor(f'd{k}', draw(i, o)), tensor(f'e{k}', draw(o))], [f'g{k}'])); x, i = f'g{k}', o
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    g = helper.make_graph(nodes, 'net', [value('x', [STEPS, 'B', 1])], [value(x, ['B', s.dense[-1]])], tensors)
    return helper.make_model(g, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)


class Peer:
    def __init__(self, s, threads):
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = ort.InferenceSession(graph(s, np.random.default_rng(1)).SerializeToString(), options, providers=['CPUExecutionProvider'])
        self.x, self.note = sine(s.windows)[0].transpose(1, 0, 2).copy(), ''

    def epoch(self):
        raise NotImplementedError('forward only')

    def forward(self, n):
        x = np.ascontiguousarray(self.x[:, :n])
        return lambda: self.session.run(None, {'x': x})


if __name__ == '__main__':
    serve('onnxruntime', ort.__version__, Peer)
